// Command fusor fuses text, images, audio, video, numbers and vectors, and reports whether fusion
// helps.
//
// Each command is a file, thin over the fusor package.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/fusor-ml/fusor/internal/cli"
	"github.com/fusor-ml/fusor/internal/heap"
	"github.com/fusor-ml/fusor/internal/lang"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

type commands struct {
	Demo     demoCmd     `cmd:"" help:"Make a small media set (text, image, audio, video), train, compare and report on it."`
	Inspect  inspectCmd  `cmd:"" help:"Show columns, kinds, classes, missing cells and broken files of DATA."`
	Train    trainCmd    `cmd:"" help:"Train one model on DATA and save it."`
	Compare  compareCmd  `cmd:"" help:"Compare every single view and every fusion on DATA, and judge whether fusion helps."`
	Tune     tuneCmd     `cmd:"" help:"Search for the best fusion, network and training on DATA, and compare what is found."`
	Evaluate evaluateCmd `cmd:"" help:"Measure a saved model on DATA."`
	Explain  explainCmd  `cmd:"" help:"Show what each modality of a saved model contributes, and how it holds when one is noisy or missing."`
	Info     infoCmd     `cmd:"" help:"Show the model card of a saved model."`
	Predict  predictCmd  `cmd:"" help:"Predict with a saved model: a table, or JSON lines on stdin."`
	Serve    serveCmd    `cmd:"" help:"Answer rows over HTTP with saved models."`
	Tasks    tasksCmd    `cmd:"" help:"Make tasks of a comparison or a prediction, for many machines."`
	Work     workCmd     `cmd:"" help:"Do tasks of a job."`
	Merge    mergeCmd    `cmd:"" help:"Merge what tasks made into what one machine would have made."`
	Export   exportCmd   `cmd:"" help:"Write a saved model for other programs: ONNX, or plain weights."`
	Extract  extractCmd  `cmd:"" help:"Write every view of DATA as arrays for NumPy and SciPy, a folder that is DATA again."`
	Fuse     fuseCmd     `cmd:"" help:"Fuse two or more matrices (.npy or .csv) with one of the textbook methods."`
	Encoder  encoderCmd  `cmd:"" help:"Describe the pretrained encoder in a folder: architecture, dimensions, limits, license, speed."`
	Views    viewsCmd    `cmd:"" help:"List every view, its options and its definition."`
	Bench    benchCmd    `cmd:"" help:"Time training, inference and matrix products on this machine."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// usageError is a wrong use of the command line, as against a failure.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// env is what a command runs in.
type env struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
	args           []string
	lang           lang.Language // of all that a person reads
	shared         []string      // flags that train and compare take alike, as they were given
	reading        []string      // of those, what inspect takes: how the data are read
	rows           []string      // and what commands take that have a model, which knows the rest
	encoders       []string      // the folders of pretrained encoders, which a model does not know
	// given returns the flags that keep wants, as they were given.
	given func(keep func(*cli.Value) bool) []string
}

// newEnv returns what the command of a parsed command line runs in, but for the streams.
func newEnv(ctx context.Context, args []string, line *cli.Line) *env {
	e := &env{ctx: ctx, args: args, lang: locale(args)}
	e.given = line.Given
	ofData := func(f *cli.Value) bool { return f.Group == "Data" && f.Name != "allow-missing" }
	e.shared = e.given(func(f *cli.Value) bool { return f.Name == "seed" || f.Group == "Data" || f.Group == "Model" })
	e.reading = e.given(ofData)
	e.rows = e.given(func(f *cli.Value) bool {
		return ofData(f) && slices.Contains([]string{"encoding", "sheet", "root"}, f.Name) || f.Name == "encoder"
	})
	e.encoders = e.given(func(f *cli.Value) bool { return f.Name == "encoder" })
	return e
}

// program returns the grammar of the command line, whose values c gets.
func program(c *commands) *cli.Command {
	return cli.New("fusor", "Fuse text, images, audio, video, numbers and vectors, and learn whether fusion helps.\n\nExamples:\n"+
		"  fusor demo\n"+
		"  fusor inspect shop.csv\n"+
		"  fusor train shop.csv -o shop.fusor --fusion attention\n"+
		"  fusor compare shop.csv -o result\n"+
		"  fusor predict shop.fusor new.csv -o answers.csv", c)
}

func main() {
	heap.SetFloor()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run runs the command line and returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := untilSignal()
	defer stop()
	language := locale(args)
	words, inLanguage := splitLanguage(args)
	// A topic of its own, which is no command.
	if len(words) == 2 && words[1] == "metrics" && (words[0] == "help" || words[0] == "--help") {
		if err := printMetrics(stdout, language); err != nil {
			return exitFailure
		}
		return exitOK
	}
	switch {
	case len(words) == 0:
		words = []string{"--help"}
	case words[0] == "help":
		words = append(slices.Clone(words[1:]), "--help")
	case words[0] == "--version":
		words[0] = "version"
	}
	// --lang counts wherever it stands, but not behind --, where arguments begin.
	end := len(words)
	if k := slices.Index(words, "--"); k >= 0 {
		end = k
	}
	args = slices.Insert(slices.Clone(words), end, inLanguage...)
	// First without: a group of commands, which takes no flags, reports which commands it has.
	line, err := program(new(commands)).Parse(words)
	if err == nil {
		line, err = program(new(commands)).Parse(args)
	}
	if errors.Is(err, cli.ErrHelp) {
		if err := line.Command.WriteHelp(stdout, language, min(width(stdout), 100)); err != nil {
			return exitFailure
		}
		return exitOK
	}
	name := line.Command.Path()
	see := func() string {
		return language.Sprintf("see: fusor %s--help\n", strings.TrimLeft(name+" ", " "))
	}
	if err != nil {
		fmt.Fprintf(stderr, "fusor: %s\n%s", language.Error(err), see())
		return exitUsage
	}
	if name != "serve" { // which takes the time that its requests need
		defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, func() { endNow(ctx, stderr) }) })()
	}
	out := &output{w: stdout}
	e := newEnv(ctx, args, line)
	e.stdin, e.stdout, e.stderr = stdin, out, stderr
	err = line.Command.Target().(interface{ Run(*env) error }).Run(e)
	// Commands print without looking at errors: a full disk or a closed pipe is found here.
	if err == nil {
		err = out.err // what nobody looked at
	}
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "fusor: %s\n%s", language.Text(plainly(err)), see())
		return exitUsage
	// After usage errors, before all others: what the signal broke off is no failure of its own.
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(stderr, "fusor: %s\n", language.Text("interrupted"))
		return interruptedBy(ctx)
	}
	fmt.Fprintf(stderr, "fusor: %s\n", language.Text(told(err, name == "inspect")))
	return exitFailure
}
