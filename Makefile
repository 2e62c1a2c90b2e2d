# Every target works on a machine that has only Go (accuracy and conformance need their data beside the checkout).
GO ?= go

.PHONY: build test slow purego race fuzz vet lint fmt gen proto accuracy cross clean

build: ## one static binary in bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/fusor ./cmd/fusor

test: ## the fast tests
	$(GO) test ./...

slow: ## with the slow tests
	$(GO) test -tags slow -timeout 40m ./...

purego: ## without assembly
	$(GO) test -tags purego ./...

race: ## the concurrent packages under the race detector
	CGO_ENABLED=1 $(GO) test -race ./internal/kernel ./feature ./model ./compare .

FUZZTIME ?= 30s
fuzz: ## every fuzz target for FUZZTIME each; without minimisation, on which Go spends most of the time otherwise
	@set -e; for file in $$(git ls-files '*_test.go' | xargs grep -l '^func Fuzz' | grep -v '^compat/\|^test/\|^tools/\|/_asm/'); do \
	  for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$file); do \
	    echo "== $$(dirname $$file) $$target"; \
	    $(GO) test ./$$(dirname $$file) -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x; \
	  done; \
	done

vet:
	$(GO) vet ./...

lint: ## built from its own module, so that the project's go.mod stays clean
	cd tools && $(GO) build -o ../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	bin/golangci-lint run ./...

fmt:
	cd tools && $(GO) build -o ../bin/gofumpt mvdan.cc/gofumpt
	bin/gofumpt -l -w $$(git ls-files '*.go')

gen: ## assembly from its generator; leaves the tree clean
	cd internal/kernel/_asm && $(GO) generate ./...

proto: ## gRPC messages from their definition; needs protoc
	$(GO) build -o bin/protoc-gen-go google.golang.org/protobuf/cmd/protoc-gen-go
	protoc -I . --plugin=bin/protoc-gen-go --go_out=. --go_opt=paths=source_relative serve/internal/inference/inference.proto

accuracy: ## the accuracy table on the reference data (FUSOR_DATA, default ../shared/data)
	$(GO) run ./cmd/accuracy

cross: ## compile for every platform
	GOOS=windows GOARCH=amd64 $(GO) build ./...
	GOOS=darwin GOARCH=arm64 $(GO) build ./...
	GOOS=linux GOARCH=arm64 $(GO) build ./...
	$(GO) build -tags purego ./...

clean:
	rm -rf bin
