package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/grpchealth"
	"connectrpc.com/grpcreflect"

	"github.com/fusor-ml/fusor/serve/internal/inference"
)

// The gRPC form of the Open Inference Protocol, on the same port: gRPC, gRPC-Web and Connect's
// JSON.

// grpcService is the path of the protocol's service.
const grpcService = "/inference.GRPCInferenceService/"

const (
	grpcName      = "inference.GRPCInferenceService"
	grpcMinPacked = 4 << 10 // bytes of an answer that is compressed, if the client takes that
)

func (s *Server) grpcRoutes(mux *http.ServeMux) {
	options := []connect.HandlerOption{
		connect.WithReadMaxBytes(int(s.o.MaxBody)),
		connect.WithCompressMinBytes(grpcMinPacked),
		connect.WithInterceptors(connect.UnaryInterceptorFunc(noteGRPC)),
	}
	route := func(method string, h http.Handler) { mux.Handle("POST "+grpcService+method, withRecord(h)) }
	route("ServerLive", unary("ServerLive", options, func(context.Context, *inference.ServerLiveRequest) (*inference.ServerLiveResponse, error) {
		return &inference.ServerLiveResponse{Live: true}, nil
	}))
	route("ServerReady", unary("ServerReady", options, func(context.Context, *inference.ServerReadyRequest) (*inference.ServerReadyResponse, error) {
		return &inference.ServerReadyResponse{Ready: s.isReady()}, nil
	}))
	route("ServerMetadata", unary("ServerMetadata", options, func(context.Context, *inference.ServerMetadataRequest) (*inference.ServerMetadataResponse, error) {
		return &inference.ServerMetadataResponse{Name: serverName, Version: s.o.Version, Extensions: grpcExtensions}, nil
	}))
	route("ModelReady", unary("ModelReady", options, func(_ context.Context, q *inference.ModelReadyRequest) (*inference.ModelReadyResponse, error) {
		_, err := s.versioned(q.GetName(), q.GetVersion())
		return &inference.ModelReadyResponse{Ready: err == nil}, err
	}))
	route("ModelMetadata", unary("ModelMetadata", options, s.grpcMetadata))
	route("ModelStatistics", unary("ModelStatistics", options, s.grpcStatistics))
	route("RepositoryIndex", unary("RepositoryIndex", options, s.grpcIndex))
	route("ModelInfer", s.grpcAdmit(unary("ModelInfer", options, s.grpcInfer), connect.NewErrorWriter(options...)))

	path, health := grpchealth.NewHandler(grpcHealth{s}, options...)
	mux.Handle(path, withRecord(health))
	reflector := grpcreflect.NewStaticReflector(grpcName, grpchealth.HealthV1ServiceName)
	for _, handler := range []func(*grpcreflect.Reflector, ...connect.HandlerOption) (string, http.Handler){
		grpcreflect.NewHandlerV1, grpcreflect.NewHandlerV1Alpha,
	} {
		path, h := handler(reflector, options...)
		mux.Handle(path, h)
	}
}

// unary makes a handler of one method.
func unary[Req, Res any](method string, options []connect.HandlerOption, answer func(context.Context, *Req) (*Res, error)) http.Handler {
	return connect.NewUnaryHandler(grpcService+method, func(ctx context.Context, q *connect.Request[Req]) (*connect.Response[Res], error) {
		res, err := answer(ctx, q.Msg)
		if err != nil {
			return nil, err
		}
		return connect.NewResponse(res), nil
	}, options...)
}

type recordKey struct{}

// withRecord lets the methods of a service reach the record of their request.
func withRecord(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), recordKey{}, w)))
	})
}

// noteGRPC turns errors into those of gRPC, and keeps them for the log, whose status is that of
// HTTP.
func noteGRPC(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, q connect.AnyRequest) (connect.AnyResponse, error) {
		res, err := next(ctx, q)
		if err == nil {
			return res, nil
		}
		if rec, ok := ctx.Value(recordKey{}).(*record); ok {
			rec.err, rec.status = err, asFault(err).status
		}
		return nil, grpcError(err)
	}
}

// grpcError is the error of gRPC that a client gets.
func grpcError(err error) *connect.Error {
	var own *connect.Error
	if errors.As(err, &own) {
		return own
	}
	f := asFault(err)
	code := connect.CodeInvalidArgument
	switch f.status {
	case http.StatusNotFound:
		code = connect.CodeNotFound
	case http.StatusRequestEntityTooLarge:
		code = connect.CodeResourceExhausted
	case http.StatusServiceUnavailable:
		code = connect.CodeUnavailable
	case http.StatusGatewayTimeout, http.StatusRequestTimeout:
		code = connect.CodeDeadlineExceeded
	case statusClientGone:
		code = connect.CodeCanceled
	case http.StatusInternalServerError:
		code = connect.CodeInternal
	}
	return connect.NewError(code, errors.New(f.Error()))
}

// grpcAdmit bounds a call's body, its memory and the time in which it comes, and refuses it before
// that where it would wait too long.
func (s *Server) grpcAdmit(next http.Handler, errorWriter *connect.ErrorWriter) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.admit.overloaded() {
			s.metrics.refused()
			noteError(w, errBusy)
			errorWriter.Write(w, r, grpcError(errBusy)) //nolint:errcheck // the client has gone
			return
		}
		h := hold{a: s.admit}
		defer h.release()
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.o.Timeout)) //nolint:errcheck // where there are no deadlines
		const framing = 64 << 10                                                   // what a message is longer in its frame
		r.Body = &grpcBody{heldReader{http.MaxBytesReader(w, r.Body, s.o.MaxBody+framing), &h, 0}}
		next.ServeHTTP(w, r)
	})
}

// grpcBody is the body of a call; what bounds it is an error of gRPC.
type grpcBody struct{ heldReader }

func (b *grpcBody) Read(p []byte) (int, error) {
	n, err := b.heldReader.Read(p)
	if f := (*fault)(nil); errors.As(err, &f) {
		return n, grpcError(f)
	}
	return n, err
}

func (b *grpcBody) Close() error { return nil }

func (s *Server) grpcInfer(ctx context.Context, q *inference.ModelInferRequest) (*inference.ModelInferResponse, error) {
	m, err := s.versioned(q.GetModelName(), q.GetModelVersion())
	if err != nil {
		return nil, err
	}
	waited := time.Now()
	turn, err := s.admit.enter(ctx)
	s.metrics.stage(stageWait, time.Since(waited))
	if err != nil {
		if errors.Is(err, errBusy) {
			s.metrics.refused()
		}
		return nil, err
	}
	defer turn.leave()
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	start := time.Now()
	out, err := s.grpcAnswer(ctx, m, q)
	s.metrics.inferred(m.Name, time.Since(start), err)
	return out, err
}

func (s *Server) grpcAnswer(ctx context.Context, m *Model, q *inference.ModelInferRequest) (*inference.ModelInferResponse, error) {
	inputs, err := grpcInputs(q)
	if err != nil {
		return nil, err
	}
	var wanted []string
	for _, o := range q.GetOutputs() {
		wanted = append(wanted, o.GetName())
	}
	outputs, err := s.infer(ctx, m, inputs, wanted)
	if err != nil {
		return nil, err
	}
	typed := len(q.GetRawInputContents()) == 0 // the answer is as the question
	res := &inference.ModelInferResponse{ModelName: m.Name, ModelVersion: onlyVersion, Id: q.GetId()}
	for i := range outputs {
		o := &outputs[i]
		t := &inference.ModelInferResponse_InferOutputTensor{Name: o.Name, Datatype: o.Datatype, Shape: o.Shape}
		if typed {
			t.Contents = &inference.InferTensorContents{BytesContents: o.bytes, Fp32Contents: o.floats, Fp64Contents: o.numbers}
		} else {
			res.RawOutputContents = append(res.RawOutputContents, o.appendBinary(nil))
		}
		res.Outputs = append(res.Outputs, t)
	}
	return res, nil
}

// grpcInputs returns the inputs with their contents, which are all raw or all typed.
func grpcInputs(q *inference.ModelInferRequest) ([]tensorData, error) {
	raw := q.GetRawInputContents()
	if len(raw) > 0 && len(raw) != len(q.GetInputs()) {
		return nil, faultf(http.StatusBadRequest, "invalid input", "%d inputs, but %d raw contents", len(q.GetInputs()), len(raw))
	}
	out := make([]tensorData, len(q.GetInputs()))
	for i, in := range q.GetInputs() {
		t := &out[i]
		t.tensorInfo = tensorInfo{in.GetName(), in.GetDatatype(), in.GetShape()}
		var err error
		switch {
		case len(raw) == 0:
			err = t.setTyped(in.GetContents())
		case in.GetContents() != nil:
			err = faultf(http.StatusBadRequest, "invalid input", "input %.100q has typed and raw contents", t.Name)
		default:
			err = t.setBinary(raw[i])
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// setTyped reads an input from the field of its type.
func (t *tensorData) setTyped(c *inference.InferTensorContents) error {
	switch t.Datatype {
	case typeBytes:
		t.bytes = c.GetBytesContents()
	case typeFP32:
		t.floats = c.GetFp32Contents()
	case typeFP64:
		t.numbers = c.GetFp64Contents()
	case "BOOL":
		for _, v := range c.GetBoolContents() {
			x := 0.0
			if v {
				x = 1
			}
			t.numbers = append(t.numbers, x)
		}
	case "INT8", "INT16", "INT32":
		t.numbers = floats(c.GetIntContents())
	case "INT64":
		t.numbers = floats(c.GetInt64Contents())
	case "UINT8", "UINT16", "UINT32":
		t.numbers = floats(c.GetUintContents())
	case "UINT64":
		t.numbers = floats(c.GetUint64Contents())
	default:
		what := "there is no datatype %.20q"
		if _, ok := widths[t.Datatype]; ok {
			what = "the contents of %s must be raw"
		}
		return faultf(http.StatusBadRequest, "invalid input", "input %.100q: %s", t.Name, fmt.Sprintf(what, t.Datatype))
	}
	return nil
}

func floats[T int32 | int64 | uint32 | uint64](in []T) []float64 {
	out := make([]float64, len(in))
	for i, v := range in {
		out[i] = float64(v)
	}
	return out
}

func (s *Server) grpcMetadata(_ context.Context, q *inference.ModelMetadataRequest) (*inference.ModelMetadataResponse, error) {
	m, err := s.versioned(q.GetName(), q.GetVersion())
	if err != nil {
		return nil, err
	}
	tensors := func(in []tensorInfo) (out []*inference.ModelMetadataResponse_TensorMetadata) {
		for _, t := range in {
			out = append(out, &inference.ModelMetadataResponse_TensorMetadata{Name: t.Name, Datatype: t.Datatype, Shape: t.Shape})
		}
		return out
	}
	return &inference.ModelMetadataResponse{
		Name: m.Name, Versions: []string{onlyVersion}, Platform: serverName,
		Inputs: tensors(m.inputs), Outputs: tensors(m.outputs),
	}, nil
}

func (s *Server) grpcStatistics(_ context.Context, q *inference.ModelStatisticsRequest) (*inference.ModelStatisticsResponse, error) {
	models := s.all()
	if q.GetName() != "" {
		m, err := s.versioned(q.GetName(), q.GetVersion())
		if err != nil {
			return nil, err
		}
		models = []*Model{m}
	}
	res := &inference.ModelStatisticsResponse{}
	for _, m := range models {
		c := s.metrics.inference(m.Name)
		total := &inference.StatisticDuration{Count: uint64(c.requests), Ns: uint64(c.took.Nanoseconds())}
		res.ModelStats = append(res.ModelStats, &inference.ModelStatistics{
			Name: m.Name, Version: onlyVersion, LastInference: uint64(c.lastMillis()),
			InferenceCount: uint64(c.rows), ExecutionCount: uint64(c.requests),
			InferenceStats: &inference.InferStatistics{
				Success: total, Fail: &inference.StatisticDuration{Count: uint64(c.failed)}, ComputeInfer: total,
			},
		})
	}
	return res, nil
}

func (s *Server) grpcIndex(context.Context, *inference.RepositoryIndexRequest) (*inference.RepositoryIndexResponse, error) {
	res := &inference.RepositoryIndexResponse{}
	for _, m := range s.all() {
		res.Models = append(res.Models, &inference.RepositoryIndexResponse_ModelIndex{Name: m.Name, Version: onlyVersion, State: "READY"})
	}
	return res, nil
}

// grpcHealth is the health of the server as a whole, and of the protocol's service.
type grpcHealth struct{ s *Server }

// Check implements grpchealth.Checker.
func (h grpcHealth) Check(_ context.Context, q *grpchealth.CheckRequest) (*grpchealth.CheckResponse, error) {
	if q.Service != "" && q.Service != grpcName {
		return nil, connect.NewError(connect.CodeNotFound, fmt.Errorf("there is no service %.100q", q.Service))
	}
	if !h.s.isReady() {
		return &grpchealth.CheckResponse{Status: grpchealth.StatusNotServing}, nil
	}
	return &grpchealth.CheckResponse{Status: grpchealth.StatusServing}, nil
}
