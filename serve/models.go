package serve

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/predict"
)

// Model is a served model under its name.
type Model struct {
	Name    string
	Version string // of the file; "" if it has none
	// Examples are rows that the page offers to try; nil: none.
	Examples *dataset.Dataset
	*predict.Model

	rows    sync.Pool // of *dataset.RowReader
	batch   *batcher
	inputs  []tensorInfo // of the Open Inference Protocol
	outputs []tensorInfo
}

func newModel(name, version string, m *predict.Model, observe func(stage string, took time.Duration)) *Model {
	out := &Model{Name: name, Version: version, Model: m, batch: newBatcher(m, observe)}
	out.inputs, out.outputs = oipInputs(m.Schema()), oipOutputs(m)
	out.rows.New = func() any { return dataset.NewRowReader(nil, m.Schema()) }
	return out
}

// Set adds a model, or puts it in the place of the one of that name: requests that the old one has
// begun it also ends.
func (s *Server) Set(name, version string, m *predict.Model) {
	s.SetWithExamples(name, version, m, nil)
}

// SetWithExamples is Set with rows that the page offers to try, read with the model's schema.
func (s *Server) SetWithExamples(name, version string, m *predict.Model, examples *dataset.Dataset) {
	fresh := newModel(name, version, m, s.metrics.stage)
	fresh.Examples = examples
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.models[name] == nil {
		s.names = append(s.names, name)
	}
	s.models[name] = fresh
}

// Remove takes a model away.
func (s *Server) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.models, name)
	s.names = slices.DeleteFunc(s.names, func(n string) bool { return n == name })
}

// model returns the model that a request names.
func (s *Server) model(name string) (*Model, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if m := s.models[name]; m != nil {
		return m, nil
	}
	return nil, faultf(http.StatusNotFound, "no such model", "there is no model %.200q", name)
}

// all returns every model, in the order in which they were added.
func (s *Server) all() []*Model {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]*Model, len(s.names))
	for i, n := range s.names {
		out[i] = s.models[n]
	}
	return out
}

// batcher runs the network on the rows of several requests at once. It never waits for more of
// them: a request that finds it idle is answered by its own goroutine at once, and those that come
// while every core is at work are the next batch.
type batcher struct {
	m       *predict.Model
	observe func(stage string, took time.Duration)

	mu      sync.Mutex
	queue   []*batchJob
	working int // goroutines that answer; where there are fewer than most, the queue is empty
	most    int
}

type batchJob struct {
	features *predict.Features
	query    predict.Query
	answers  []predict.Prediction
	err      error
	done     chan struct{} // closed once it is answered
}

// batchRows is how many rows are run together at most.
const batchRows = 256

func newBatcher(m *predict.Model, observe func(string, time.Duration)) *batcher {
	return &batcher{m: m, observe: observe, most: runtime.GOMAXPROCS(0)}
}

// answer returns the predictions of f. Queries that need runs of the network of their own are not
// joined with others.
func (b *batcher) answer(ctx context.Context, f *predict.Features, q predict.Query) ([]predict.Prediction, error) {
	if q.Explain || len(q.Without) > 0 || f.Len() >= batchRows {
		return b.m.Answer(ctx, f, q)
	}
	b.mu.Lock()
	if b.working < b.most {
		b.working++
		b.mu.Unlock()
		defer b.next()
		start := time.Now()
		answers, err := b.m.Answer(ctx, f, q)
		b.observe(stageForward, time.Since(start))
		return answers, err
	}
	j := &batchJob{features: f, query: q, done: make(chan struct{})}
	b.queue = append(b.queue, j)
	b.mu.Unlock()
	select {
	case <-j.done:
		return j.answers, j.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// next ends the work of a goroutine: what has come meanwhile is answered by another, so that nobody
// waits for the answers of others.
func (b *batcher) next() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) == 0 {
		b.working--
		return
	}
	n, rows := 0, 0
	for n < len(b.queue) && (n == 0 || rows+b.queue[n].features.Len() <= batchRows) {
		rows += b.queue[n].features.Len()
		n++
	}
	jobs := b.queue[:n:n]
	b.queue = b.queue[n:]
	go func() {
		defer b.next()
		b.work(jobs)
	}()
}

// work answers jobs, those of one query together.
func (b *batcher) work(jobs []*batchJob) {
	start := time.Now()
	for len(jobs) > 0 {
		q := jobs[0].query
		same := func(j *batchJob) bool { return j.query.Top == q.Top && j.query.Coverage == q.Coverage }
		var together, rest []*batchJob
		for _, j := range jobs {
			if same(j) {
				together = append(together, j)
			} else {
				rest = append(rest, j)
			}
		}
		b.together(together, q)
		jobs = rest
	}
	b.observe(stageForward, time.Since(start))
}

func (b *batcher) together(jobs []*batchJob, q predict.Query) {
	parts := make([]*predict.Features, len(jobs))
	for i, j := range jobs {
		parts[i] = j.features
	}
	answers, err := b.run(predict.Join(parts...), q)
	for _, j := range jobs {
		if n := j.features.Len(); err == nil {
			j.answers, answers = answers[:n], answers[n:]
		}
		j.err = err
		close(j.done)
	}
}

// run answers f. A request that is given up does not end the batch of the others, and a panic,
// which would end the process in a goroutine of its own, is an error of the batch.
func (b *batcher) run(f *predict.Features, q predict.Query) (answers []predict.Prediction, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return b.m.Answer(context.Background(), f, q)
}
