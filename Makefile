# Every target works on a machine that has only Go (accuracy and conformance need their data beside the checkout).
GO ?= go

.PHONY: build wheels python test slow purego engines race fuzz vet lint fmt gen proto accuracy cross clean

build: ## one static binary in bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/fusor ./cmd/fusor

test: ## the fast tests
	$(GO) test ./...

slow: ## with the slow tests
	$(GO) test -tags slow -timeout 40m ./...

purego: ## without assembly
	$(GO) test -tags purego ./...

engines: ## the modules for what runs on other systems: jobs in object stores, Kubernetes' own types
	cd engines/blob && go vet ./... && go test ./...
	cd engines/blob/gs && go vet ./... && go test ./...
	cd test/kubernetes && go vet ./... && go test ./...

race: ## the concurrent packages under the race detector
	CGO_ENABLED=1 $(GO) test -race ./internal/kernel ./feature ./model ./compare .

FUZZTIME ?= 30s
fuzz: ## every fuzz target for FUZZTIME each; without minimisation, on which Go spends most of the time otherwise
	@failed=; for file in $$(git ls-files '*_test.go' | xargs grep -l '^func Fuzz' | grep -v '^compat/\|^test/\|^tools/\|/_asm/'); do \
	  for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$file); do \
	    echo "== $$(dirname $$file) $$target"; \
	    $(GO) test ./$$(dirname $$file) -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x || failed="$$failed $$(dirname $$file)/$$target"; \
	  done; \
	done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed"; exit 1; fi

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

PYTHON ?= python3
venv := bin/venv
$(venv): bindings/python/pyproject.toml
	$(PYTHON) -m venv $(venv)
	$(venv)/bin/pip install -q hatchling twine -e 'bindings/python[test]'
	touch $(venv)

# Two builds of one commit make the same bytes.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct)
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64
wheels: $(venv) ## Python wheels of every platform, and the sdist, in dist/
	rm -rf dist
	@set -e; export SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH); cd bindings/python; for p in $(PLATFORMS); do \
	  FUSOR_WHEEL_PLATFORM=$$p ../../$(venv)/bin/python -m hatchling build -t wheel -d ../../dist; \
	done; \
	../../$(venv)/bin/python -m hatchling build -t sdist -d ../../dist
	$(venv)/bin/twine check --strict dist/*.whl dist/*.tar.gz
	@ls -l dist/*.whl dist/*.tar.gz

python: build $(venv) ## every test of the Python package, scikit-learn's suite among them
	cd bindings/python && ../../$(venv)/bin/mypy && FUSOR_BINARY=$(CURDIR)/bin/fusor ../../$(venv)/bin/pytest -q

clean:
	rm -rf bin
