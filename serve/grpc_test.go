package serve_test

import (
	"encoding/binary"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"connectrpc.com/grpcreflect"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/serve"
	"github.com/fusor-ml/fusor/serve/internal/inference"
)

const grpcPath = "/inference.GRPCInferenceService/"

// grpcServer serves HTTP/2 without TLS, as the command does, and returns its address and a client.
func grpcServer(t testing.TB, o serve.Options) (string, *http.Client) {
	t.Helper()
	m, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	both, only2 := new(http.Protocols), new(http.Protocols)
	both.SetHTTP1(true)
	both.SetUnencryptedHTTP2(true)
	only2.SetUnencryptedHTTP2(true)
	s := httptest.NewUnstartedServer(serve.Handler(map[string]*predict.Model{"shop": m}, o))
	s.Config.Protocols = both
	s.Start()
	transport := &http.Transport{Protocols: only2}
	t.Cleanup(func() { transport.CloseIdleConnections(); s.Close() })
	return s.URL, &http.Client{Transport: transport}
}

// forms are those in which a client may call.
var forms = map[string][]connect.ClientOption{
	"gRPC": nil, "gRPC, compressed": {connect.WithSendGzip()}, "gRPC-Web": {connect.WithGRPCWeb()}, "gRPC-Web, JSON": {connect.WithGRPCWeb(), connect.WithProtoJSON()},
}

// call asks a method of a gRPC service.
func call[Res, Req any](t testing.TB, client *http.Client, url string, q *Req, options ...connect.ClientOption) (*Res, error) {
	t.Helper()
	c := connect.NewClient[Req, Res](client, url, append([]connect.ClientOption{connect.WithGRPC()}, options...)...)
	res, err := c.CallUnary(t.Context(), connect.NewRequest(q))
	if err != nil {
		return nil, err
	}
	return res.Msg, nil
}

func input(name, datatype string, contents *inference.InferTensorContents, shape ...int64) *inference.ModelInferRequest_InferInputTensor {
	return &inference.ModelInferRequest_InferInputTensor{Name: name, Datatype: datatype, Shape: shape, Contents: contents}
}

// TestGRPCInfer: rows by typed and by raw contents get the answers that REST gives, also where an
// input is left out or a row of it is empty.
func TestGRPCInfer(t *testing.T) {
	url, client := grpcServer(t, serve.Options{})
	notes := [][]byte{[]byte("lovely and quick"), nil}
	prices := []float64{0.4, 10.2}
	typed := &inference.ModelInferRequest{ModelName: "shop", Id: "x-1", Inputs: []*inference.ModelInferRequest_InferInputTensor{
		input("note", "BYTES", &inference.InferTensorContents{BytesContents: notes}, 2, 1),
		input("price", "FP64", &inference.InferTensorContents{Fp64Contents: prices}, 2, 1),
	}}
	a, err := call[inference.ModelInferResponse](t, client, url+grpcPath+"ModelInfer", typed)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*inference.ModelInferResponse_InferOutputTensor{}
	for _, o := range a.GetOutputs() {
		out[o.GetName()] = o
	}
	got := out["prediction"].GetContents().GetBytesContents()
	if a.GetId() != "x-1" || a.GetModelName() != "shop" || len(got) != 2 || string(got[0]) != "good" || string(got[1]) != "bad" {
		t.Errorf("%v", a)
	}
	if flags := out["flags"].GetContents().GetBytesContents(); len(flags) != 2 || string(flags[0]) != "absent:photo" || string(flags[1]) != "absent:note,absent:photo" {
		t.Errorf("flags %q", flags)
	}
	rest := ask(t, &httptest.Server{URL: url}, predictPath, "application/json", `{"rows":[{"note":"lovely and quick","price":0.4},{"price":10.2}]}`, 200)
	p := out["probabilities"].GetContents().GetFp32Contents()
	for i, classes := range [][]string{{"bad", "good"}, {"bad", "good"}} {
		for k, class := range classes {
			if want := rest.Predictions[i].Probabilities[class]; math.Abs(float64(p[2*i+k])-want) > 1e-6 {
				t.Errorf("row %d: p(%s) is %g, over REST %g", i, class, p[2*i+k], want)
			}
		}
	}

	var rawNotes, rawPrices []byte
	for i := range notes {
		rawNotes = append(binary.LittleEndian.AppendUint32(rawNotes, uint32(len(notes[i]))), notes[i]...)
		rawPrices = binary.LittleEndian.AppendUint64(rawPrices, math.Float64bits(prices[i]))
	}
	raw := &inference.ModelInferRequest{
		ModelName: "shop", RawInputContents: [][]byte{rawNotes, rawPrices},
		Inputs:  []*inference.ModelInferRequest_InferInputTensor{input("note", "BYTES", nil, 2, 1), input("price", "FP64", nil, 2, 1)},
		Outputs: []*inference.ModelInferRequest_InferRequestedOutputTensor{{Name: "probabilities"}},
	}
	for _, o := range forms {
		b, err := call[inference.ModelInferResponse](t, client, url+grpcPath+"ModelInfer", raw, o...)
		if err != nil {
			t.Fatal(err)
		}
		if len(b.GetOutputs()) != 1 || len(b.GetRawOutputContents()) != 1 || len(b.GetRawOutputContents()[0]) != 4*len(p) {
			t.Fatalf("%v", b)
		}
		for i := range p {
			if v := math.Float32frombits(binary.LittleEndian.Uint32(b.GetRawOutputContents()[0][4*i:])); v != p[i] {
				t.Errorf("raw: %g, typed %g", v, p[i])
			}
		}
	}
}

// TestGRPCErrors: what is wrong has gRPC's code and a message that names it.
func TestGRPCErrors(t *testing.T) {
	url, client := grpcServer(t, serve.Options{MaxRows: 3, MaxBody: 1 << 16})
	note := func(shape ...int64) []*inference.ModelInferRequest_InferInputTensor {
		return []*inference.ModelInferRequest_InferInputTensor{input("note", "BYTES", &inference.InferTensorContents{BytesContents: [][]byte{[]byte("a")}}, shape...)}
	}
	f := func(q *inference.ModelInferRequest, code connect.Code, message string) {
		t.Helper()
		for form, o := range forms {
			_, err := call[inference.ModelInferResponse](t, client, url+grpcPath+"ModelInfer", q, o...)
			if connect.CodeOf(err) != code || err == nil || !strings.Contains(err.Error(), message) {
				t.Errorf("%s: %v, want %v: %s", form, err, code, message)
			}
		}
	}
	f(&inference.ModelInferRequest{ModelName: "none", Inputs: note(1, 1)}, connect.CodeNotFound, "none")
	f(&inference.ModelInferRequest{ModelName: "shop", ModelVersion: "7", Inputs: note(1, 1)}, connect.CodeNotFound, "version")
	f(&inference.ModelInferRequest{ModelName: "shop"}, connect.CodeInvalidArgument, "no inputs")
	f(&inference.ModelInferRequest{ModelName: "shop", Inputs: note(1<<60, 1<<60)}, connect.CodeInvalidArgument, "shape")
	f(&inference.ModelInferRequest{ModelName: "shop", Inputs: note(2, 1)}, connect.CodeInvalidArgument, "elements")
	f(&inference.ModelInferRequest{ModelName: "shop", Inputs: append(note(1, 1), note(1, 1)...)}, connect.CodeInvalidArgument, "twice")
	f(&inference.ModelInferRequest{ModelName: "shop", Inputs: note(1, 1), RawInputContents: [][]byte{{1}}}, connect.CodeInvalidArgument, "typed and raw")
	f(&inference.ModelInferRequest{ModelName: "shop", Inputs: []*inference.ModelInferRequest_InferInputTensor{
		input("price", "FP64", &inference.InferTensorContents{Fp64Contents: make([]float64, 4)}, 4, 1),
	}}, connect.CodeResourceExhausted, "rows")
	f(&inference.ModelInferRequest{ModelName: "shop", Inputs: []*inference.ModelInferRequest_InferInputTensor{
		input("note", "BYTES", &inference.InferTensorContents{BytesContents: [][]byte{make([]byte, 1<<17)}}, 1, 1),
	}}, connect.CodeResourceExhausted, "")
	f(&inference.ModelInferRequest{ModelName: "shop", Inputs: note(1, 1), Outputs: []*inference.ModelInferRequest_InferRequestedOutputTensor{{Name: "x"}}},
		connect.CodeInvalidArgument, "output")
}

// TestGRPCDescription: metadata, readiness, the repository and statistics.
func TestGRPCDescription(t *testing.T) {
	url, client := grpcServer(t, serve.Options{Version: "1.2.3"})
	live, err := call[inference.ServerLiveResponse](t, client, url+grpcPath+"ServerLive", &inference.ServerLiveRequest{})
	if err != nil || !live.GetLive() {
		t.Errorf("%v %v", live, err)
	}
	ready, err := call[inference.ServerReadyResponse](t, client, url+grpcPath+"ServerReady", &inference.ServerReadyRequest{})
	if err != nil || !ready.GetReady() {
		t.Errorf("%v %v", ready, err)
	}
	server, err := call[inference.ServerMetadataResponse](t, client, url+grpcPath+"ServerMetadata", &inference.ServerMetadataRequest{})
	if err != nil || server.GetVersion() != "1.2.3" || server.GetName() != "fusor" {
		t.Errorf("%v %v", server, err)
	}
	model, err := call[inference.ModelReadyResponse](t, client, url+grpcPath+"ModelReady", &inference.ModelReadyRequest{Name: "shop"})
	if err != nil || !model.GetReady() {
		t.Errorf("%v %v", model, err)
	}
	if _, err := call[inference.ModelReadyResponse](t, client, url+grpcPath+"ModelReady", &inference.ModelReadyRequest{Name: "none"}); connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("a model that is not there: %v", err)
	}
	meta, err := call[inference.ModelMetadataResponse](t, client, url+grpcPath+"ModelMetadata", &inference.ModelMetadataRequest{Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, in := range meta.GetInputs() {
		names = append(names, in.GetName()+" "+in.GetDatatype())
	}
	if want := []string{"note BYTES", "photo BYTES", "price FP64", "shop BYTES"}; !slices.Equal(names, want) {
		t.Errorf("inputs %q, want %q", names, want)
	}
	index, err := call[inference.RepositoryIndexResponse](t, client, url+grpcPath+"RepositoryIndex", &inference.RepositoryIndexRequest{})
	if err != nil || len(index.GetModels()) != 1 || index.GetModels()[0].GetState() != "READY" {
		t.Errorf("%v %v", index, err)
	}
	for range 3 {
		if _, err := call[inference.ModelInferResponse](t, client, url+grpcPath+"ModelInfer", &inference.ModelInferRequest{ModelName: "shop", Inputs: []*inference.ModelInferRequest_InferInputTensor{
			input("price", "INT64", &inference.InferTensorContents{Int64Contents: []int64{3}}, 1, 1),
		}}); err != nil {
			t.Fatal(err)
		}
	}
	stats, err := call[inference.ModelStatisticsResponse](t, client, url+grpcPath+"ModelStatistics", &inference.ModelStatisticsRequest{Name: "shop"})
	if err != nil || len(stats.GetModelStats()) != 1 || stats.GetModelStats()[0].GetInferenceCount() != 3 {
		t.Errorf("%v %v", stats, err)
	}
}

// TestGRPCHealth speaks the health protocol, whose messages have one field each, and reflection.
func TestGRPCHealth(t *testing.T) {
	url, client := grpcServer(t, serve.Options{})
	check := func(service string) (int32, error) {
		res, err := call[wrapperspb.Int32Value](t, client, url+"/grpc.health.v1.Health/Check", wrapperspb.String(service))
		return res.GetValue(), err
	}
	const serving = 1
	for _, service := range []string{"", "inference.GRPCInferenceService"} {
		if status, err := check(service); err != nil || status != serving {
			t.Errorf("%q: %d %v", service, status, err)
		}
	}
	if _, err := check("none"); connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("a service that is not there: %v", err)
	}

	stream := grpcreflect.NewClient(client, url, connect.WithGRPC()).NewStream(t.Context())
	defer stream.Close() //nolint:errcheck // the server has ended it
	services, err := stream.ListServices()
	if err != nil || !slices.Contains(services, protoreflect.FullName("inference.GRPCInferenceService")) {
		t.Errorf("%v %v", services, err)
	}
	files, err := stream.FileContainingSymbol("inference.GRPCInferenceService")
	if err != nil || len(files) == 0 || len(files[0].GetService()) != 1 {
		t.Errorf("%d files, %v", len(files), err)
	}
}
