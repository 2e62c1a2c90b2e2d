package serve

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// The files of every report; its report.json names the others.
const (
	reportPage = "report.html"
	reportData = "report.json"
	scoresData = "compare.json"
)

// Bounds of the search for reports.
const (
	reportDepth   = 4
	maxReports    = 1000
	maxReportData = 64 << 20
)

// reportFolder serves the reports in a folder and below it, and nothing else that lies there: no
// model, no answers, nobody's data.
type reportFolder struct{ fs.FS }

// reports serves a folder of reports. A report carries its own style and script.
func reports(files fs.FS) http.Handler {
	f := reportFolder{files}
	next := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self' 'unsafe-inline' data:; connect-src 'none'; frame-ancestors 'none'")
		name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
		switch {
		case name == "":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			writeReports(w, f.list())
		case f.has(name):
			next.ServeHTTP(w, r)
		case f.has(path.Join(name, reportPage)):
			http.Redirect(w, r, reportLink(path.Join(name, reportPage)), http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	})
}

// writeReports writes a page with links to reports.
func writeReports(w io.Writer, pages []string) {
	fmt.Fprint(w, `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>fusor</title>
<style>:root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;max-width:40em;margin:2em auto;padding:0 1em}</style>
<h1>Reports · 报告</h1>
`)
	if len(pages) == 0 {
		fmt.Fprintln(w, "<p>There is none yet. 还没有报告。")
		return
	}
	fmt.Fprintln(w, "<ul>")
	for _, page := range pages {
		fmt.Fprintf(w, "<li><a href=\"%s\">%s</a>\n", html.EscapeString(reportLink(page)), html.EscapeString(page))
	}
	fmt.Fprintln(w, "</ul>")
}

// reportLink is the address of a report's page.
func reportLink(page string) string {
	u := url.URL{Path: "/report/" + page}
	return u.EscapedPath()
}

// list returns the pages of the reports, by their paths.
func (f reportFolder) list() []string {
	var out []string
	err := fs.WalkDir(f, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil: // a folder that cannot be read holds nothing to show
			return fs.SkipDir
		case e.IsDir() && strings.Count(name, "/") >= reportDepth:
			return fs.SkipDir
		case path.Base(name) == reportPage:
			if out = append(out, name); len(out) == maxReports {
				return fs.SkipAll
			}
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return out
}

// has reports whether a file is one of a report.
func (f reportFolder) has(name string) bool {
	dir, base := path.Split(name)
	if !fs.ValidPath(name) {
		return false
	}
	if _, err := fs.Stat(f, dir+reportPage); err != nil {
		return false
	}
	if base == reportPage || base == reportData || base == scoresData {
		return true
	}
	if ext := path.Ext(base); ext != ".svg" && ext != ".csv" {
		return false
	}
	return slices.Contains(f.files(dir), base)
}

// files are those that a report consists of beside its page.
func (f reportFolder) files(dir string) []string {
	info, err := fs.Stat(f, dir+reportData)
	if err != nil || info.Size() > maxReportData {
		return nil
	}
	data, err := fs.ReadFile(f, dir+reportData)
	if err != nil {
		return nil
	}
	var d struct {
		Files []string `json:"files"`
	}
	if json.Unmarshal(data, &d) != nil {
		return nil
	}
	return d.Files
}
