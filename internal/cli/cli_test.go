package cli

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fusor-ml/fusor/internal/lang"
)

type shared struct {
	Label *string  `help:"Column with the label." placeholder:"COL"`
	Wait  *float64 `help:"Seconds."`
}

type play struct {
	File  string   `arg:"" help:"What is played."`
	Extra []string `arg:"" optional:"" help:"What is played then."`

	Out    string            `short:"o" required:"" help:"Where it is played."`
	Quiet  bool              `short:"q" help:"No words."`
	Verb   bool              `short:"v" help:"Many words."`
	Refit  *bool             `negatable:"" help:"Once more."`
	Names  []string          `help:"Names."`
	Dirs   []string          `sep:"none" help:"Folders."`
	Kinds  map[string]string `help:"Kinds."`
	Grace  time.Duration     `default:"15s" env:"CLI_TEST_GRACE" help:"The longest wait."`
	Tier   string            `enum:",go,avx2" help:"Kernels."`
	Count  int               `help:"How many."`
	Limit  uint              `help:"At most."`
	Params string            `type:"existingfile" help:"A file."`
	TLSKey string            `help:"A key."`

	shared `group:"Data"`
}

type root struct {
	Play play `cmd:"" help:"Play it."`
	Sets struct {
		Add struct{} `cmd:"" help:"Add one."`
		Old struct{} `cmd:"" help:"Find one."`
	} `cmd:"" help:"Sets of them."`
}

func text(s string) *string { return &s }

func TestParse(t *testing.T) {
	yes, no, half := true, false, .5
	base := play{File: "a", Out: "b", Grace: 15 * time.Second}
	with := func(f func(*play)) play { p := base; f(&p); return p }
	for _, c := range []struct {
		args string
		want play
	}{
		{"play a -o b", base},
		{"play a -ob", base},
		{"play a -o=b", base},
		{"play --out b -- a", base},
		{"play --out=b a -- -c --d", with(func(p *play) { p.Extra = []string{"-c", "--d"} })},
		{"play - --out=b", with(func(p *play) { p.File = "-" })},
		{"play a -qvo b", with(func(p *play) { p.Quiet, p.Verb = true, true })},
		{"play a -o b --quiet=false -v", with(func(p *play) { p.Verb = true })},
		{"play a -o b --no-refit", with(func(p *play) { p.Refit = &no })},
		{"play a -o b --no-refit=false", with(func(p *play) { p.Refit = &yes })},
		{"play a -o b --refit", with(func(p *play) { p.Refit = &yes })},
		{`play a -o b --names x,y\,z --names w`, with(func(p *play) { p.Names = []string{"x", "y,z", "w"} })},
		{"play a -o b --names=", base},
		{"play a -o b --dirs x,y --dirs=z", with(func(p *play) { p.Dirs = []string{"x,y", "z"} })},
		{"play a -o b --kinds x=1,y=2=3", with(func(p *play) { p.Kinds = map[string]string{"x": "1", "y": "2=3"} })},
		{"play a -o b --grace 250ms", with(func(p *play) { p.Grace = 250 * time.Millisecond })},
		{"play a -o b --tier avx2", with(func(p *play) { p.Tier = "avx2" })},
		{"play a -o b --count=-3 --limit 4", with(func(p *play) { p.Count, p.Limit = -3, 4 })},
		{"play a -o b --label= --wait .5", with(func(p *play) { p.Label, p.Wait = text(""), &half })},
		{"play a -o b --tls-key k", with(func(p *play) { p.TLSKey = "k" })},
	} {
		var r root
		line, err := New("test", "", &r).Parse(strings.Fields(c.args))
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		if got := *line.Command.Target().(*play); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %s", c.args, cmp.Diff(c.want, got, cmp.AllowUnexported(play{}, shared{})))
		}
	}
}

func TestRefused(t *testing.T) {
	for args, want := range map[string]string{
		"":                              "missing: one of the commands play, sets",
		"plya":                          `unknown command plya, did you mean "play"?`,
		"sets":                          "missing: one of the commands add, old",
		"sets add x":                    "unexpected argument x",
		"play a":                        "missing: --out=OUT",
		"play -o b":                     "missing: <file>",
		"play a -o":                     "--out needs a value",
		"play a -o --quiet":             "--out needs a value",
		"play a -o b --count -3":        "--count -3: it must not be negative",
		"play a -o b --limit=-3":        "--limit: -3 must not be negative",
		"play a -o b --count 1.5":       `--count: "1.5" is not a whole number`,
		"play a -o b --wait x":          `--wait: "x" is not a number`,
		"play a -o b --grace 5":         `--grace: "5" is not a time such as 250ms, 30s or 5m`,
		"play a -o b --tier sse":        `--tier: "sse" is none of go, avx2`,
		"play a -o b --kinds x":         `--kinds: "x" is not of the form KEY=VALUE`,
		"play a -o b --params none.txt": "--params: none.txt: no such file; check the path",
		"play a -o b --params .":        "--params: . is a folder, not a file",
		"play a -o b --quite":           `unknown flag --quite, did you mean "--quiet"?`,
		"play a -o b --quiet=maybe":     `--quiet: "maybe" is neither true nor false`,
		"play a -o b --no-refit=x":      `--no-refit: "no-x" is neither true nor false`,
		"play a -o b --tier avx3":       `--tier: "avx3" is none of go, avx2; did you mean "avx2"?`,
		"play a -o b --no-quiet":        "unknown flag --no-quiet",
		"play a -o b -z":                "unknown flag -z",
	} {
		line, err := New("test", "", new(root)).Parse(strings.Fields(args))
		var e *Error
		if !errors.As(err, &e) || err.Error() != want {
			t.Errorf("%s: %v, not %s", args, err, want)
		} else if e.Command != line.Command {
			t.Errorf("%s: the error is of another command than the line", args)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("CLI_TEST_GRACE", "1m")
	for args, want := range map[string]time.Duration{"play a -o b": time.Minute, "play a -o b --grace 2s": 2 * time.Second} {
		var r root
		if _, err := New("test", "", &r).Parse(strings.Fields(args)); err != nil || r.Play.Grace != want {
			t.Errorf("%s: %v, %v", args, r.Play.Grace, err)
		}
	}
	t.Setenv("CLI_TEST_GRACE", "soon")
	if _, err := New("test", "", new(root)).Parse([]string{"play", "a", "-o", "b"}); err == nil || !strings.HasPrefix(err.Error(), "CLI_TEST_GRACE: ") {
		t.Errorf("a variable that is no time: %v", err)
	}
}

func TestGiven(t *testing.T) {
	args := strings.Fields("play a -qv --label=x -ob --names u,v c --wait 2")
	line, err := New("test", "", new(root)).Parse(args)
	if err != nil {
		t.Fatal(err)
	}
	all := line.Given(func(*Value) bool { return true })
	if want := strings.Fields("-q -v --label=x -ob --names u,v --wait 2"); !reflect.DeepEqual(all, want) {
		t.Errorf("%q, not %q", all, want)
	}
	if data := line.Given(func(v *Value) bool { return v.Group == "Data" }); !reflect.DeepEqual(data, strings.Fields("--label=x --wait 2")) {
		t.Errorf("of the group: %q", data)
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"play", "-h"}, {"play", "a", "--help"}, {"sets", "-h"}} {
		line, err := New("test", "Tests.", new(root)).Parse(args)
		if !errors.Is(err, ErrHelp) {
			t.Fatalf("%q: %v", args, err)
		}
		var b strings.Builder
		if err := line.Command.WriteHelp(&b, lang.English, 80); err != nil {
			t.Fatal(err)
		}
		want := map[string][]string{
			"":     {"Usage: test <command>\n", "\nTests.\n", "  play        Play it.\n", "  sets add    Add one.\n", `Run "test <command> --help"`},
			"play": {"Usage: test play --out=OUT <file> [<extra> ...] [flags]\n", "\nData\n", "--[no-]refit", "-o, --out=OUT", "(default 15s, $CLI_TEST_GRACE).", "--tier=go|avx2"},
			"sets": {"Usage: test sets <command>\n", "  sets old    Find one.\n"},
		}[line.Command.Path()]
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%q lacks %q:\n%s", args, w, &b)
			}
		}
	}
}

// TestAnyLine holds that every line is taken or refused with an error, and that what is taken is
// taken again in the same way with the flags as they were given.
func TestAnyLine(t *testing.T) {
	word := rapid.SampledFrom(strings.Fields("play sets add a b - -- -o -ob -qv -q=1 --out --out=x --names --names=a,b --no-refit --wait --wait=1 1 --kinds=a=b --help --x="))
	rapid.Check(t, func(t *rapid.T) {
		args := rapid.SliceOfN(word, 0, 8).Draw(t, "args")
		var r root
		line, err := New("test", "", &r).Parse(args)
		if err != nil {
			var e *Error
			if !errors.Is(err, ErrHelp) && !errors.As(err, &e) {
				t.Fatalf("%q: %v", args, err)
			}
			return
		}
		if line.Command.Path() != "play" {
			return
		}
		again := append([]string{"play"}, line.Given(func(*Value) bool { return true })...)
		again = append(append(again, "--", r.Play.File), r.Play.Extra...)
		var s root
		if _, err := New("test", "", &s).Parse(again); err != nil || !reflect.DeepEqual(r, s) {
			t.Fatalf("%q and %q: %v, %s", args, again, err, cmp.Diff(r, s, cmp.AllowUnexported(play{}, shared{})))
		}
	})
}

func TestNearest(t *testing.T) {
	names := []string{"mean", "weighted", "concat", "attention"}
	for name, want := range map[string]string{"attentoin": "attention", "maen": "mean", "x": "", "conkat": "concat", "waited": ""} {
		if got := Nearest(name, names); got != want {
			t.Errorf("%s: %q, not %q", name, got, want)
		}
	}
}
