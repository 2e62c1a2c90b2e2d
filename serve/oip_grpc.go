package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

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
		connect.WithInterceptors(connect.UnaryInterceptorFunc(interceptError)),
	}
	route := func(method string, h http.Handler) { mux.Handle("POST "+grpcService+method, h) }
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
	onWire := append(slices.Clip(options), connect.WithCodec(wireCodec{}), connect.WithCodec(wireJSONCodec{}))
	route("ModelInfer", s.modelInfer(unary("ModelInfer", onWire, s.grpcInfer), connect.NewErrorWriter(options...)))

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
	return withRecord(connect.NewUnaryHandler(grpcService+method, func(ctx context.Context, q *connect.Request[Req]) (*connect.Response[Res], error) {
		res, err := answer(ctx, q.Msg)
		if err != nil {
			return nil, err
		}
		return connect.NewResponse(res), nil
	}, options...))
}

type recordKey struct{}

// withRecord lets the methods of a service reach the record of their request.
func withRecord(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), recordKey{}, w)))
	})
}

// interceptError turns errors into those of gRPC, and keeps them for the log.
func interceptError(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, q connect.AnyRequest) (connect.AnyResponse, error) {
		res, err := next(ctx, q)
		if err == nil {
			return res, nil
		}
		if w, ok := ctx.Value(recordKey{}).(http.ResponseWriter); ok {
			noteGRPC(w, err)
		}
		return nil, grpcError(err)
	}
}

// noteGRPC keeps the error of a call for the log, whose status is that of HTTP: a call of gRPC
// always has 200.
func noteGRPC(w http.ResponseWriter, err error) {
	if rec, ok := w.(*record); ok {
		rec.err, rec.status = err, asFault(err).status
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
