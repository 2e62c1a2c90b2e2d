package serve

import (
	"context"
	"net/http"
	"runtime"
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

	rows  sync.Pool // of *dataset.RowReader
	batch *batcher
}

func newModel(name, version string, m *predict.Model, observe func(stage string, took time.Duration)) *Model {
	out := &Model{Name: name, Version: version, Model: m, batch: newBatcher(m, observe)}
	out.rows.New = func() any { return dataset.NewRowReader(nil, m.Schema()) }
	return out
}

func (m *Model) close() { m.batch.close() }

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
	old := s.models[name]
	if old == nil {
		s.names = append(s.names, name)
	}
	s.models[name] = fresh
	s.mu.Unlock()
	if old != nil {
		old.close()
	}
}

// Remove takes a model away.
func (s *Server) Remove(name string) {
	s.mu.Lock()
	old := s.models[name]
	delete(s.models, name)
	s.names = slices.DeleteFunc(s.names, func(n string) bool { return n == name })
	s.mu.Unlock()
	if old != nil {
		old.close()
	}
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
// them: what has come while the last batch ran is the next one.
type batcher struct {
	m       *predict.Model
	observe func(stage string, took time.Duration)
	jobs    chan *batchJob
	end     chan struct{}
	once    sync.Once
}

type batchJob struct {
	features *predict.Features
	query    predict.Query
	answers  []predict.Prediction
	err      error
	done     chan struct{}
}

// batchRows is how many rows are run together at most.
const batchRows = 256

func newBatcher(m *predict.Model, observe func(string, time.Duration)) *batcher {
	b := &batcher{m: m, observe: observe, jobs: make(chan *batchJob, 64), end: make(chan struct{})}
	for range runtime.GOMAXPROCS(0) {
		go b.run()
	}
	return b
}

func (b *batcher) close() { b.once.Do(func() { close(b.end) }) }

// answer returns the predictions of f. Queries that need runs of the network of their own are not
// joined with others.
func (b *batcher) answer(ctx context.Context, f *predict.Features, q predict.Query) ([]predict.Prediction, error) {
	if q.Explain || len(q.Without) > 0 || f.Len() >= batchRows {
		return b.m.Answer(ctx, f, q)
	}
	j := &batchJob{features: f, query: q, done: make(chan struct{})}
	select {
	case b.jobs <- j:
	case <-b.end: // the model has been replaced
		return b.m.Answer(ctx, f, q)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-j.done:
		return j.answers, j.err
	case <-b.end: // it may have been handed in after the last batch
		return b.m.Answer(ctx, f, q)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (b *batcher) run() {
	for {
		select {
		case first := <-b.jobs:
			runtime.Gosched() // let requests that are ready hand in theirs
			b.work(b.collect(first))
		case <-b.end:
			for { // what was handed in before
				select {
				case j := <-b.jobs:
					b.work([]*batchJob{j})
				default:
					return
				}
			}
		}
	}
}

// collect returns first and the jobs that are there already.
func (b *batcher) collect(first *batchJob) []*batchJob {
	jobs, rows := []*batchJob{first}, first.features.Len()
	for rows < batchRows {
		select {
		case j := <-b.jobs:
			jobs, rows = append(jobs, j), rows+j.features.Len()
		default:
			return jobs
		}
	}
	return jobs
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
	// A request that is given up does not end the batch of the others.
	answers, err := b.m.Answer(context.Background(), predict.Join(parts...), q)
	for _, j := range jobs {
		if n := j.features.Len(); err == nil {
			j.answers, answers = answers[:n], answers[n:]
		}
		j.err = err
		close(j.done)
	}
}
