package main

import (
	"fmt"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/pretrained"
	"github.com/fusor-ml/fusor/media"
)

type viewsCmd struct {
	resultFlags
}

// Help is the command's longer help.
func (c *viewsCmd) Help() string {
	return `A view is one feature block of a column. Views marked * are taken by default; --views of train and compare takes others.

Examples:
  fusor views
  fusor train shop.csv -o shop.fusor --views text.lexical,photo`
}

type viewInfo struct {
	Modality string `json:"modality"`
	View     string `json:"view"`
	Shape    string `json:"shape"`
	Default  bool   `json:"default"`
	Version  int    `json:"version"`
	Options  string `json:"options,omitempty"`
	Doc      string `json:"doc"`
}

// Run lists the views.
func (c *viewsCmd) Run(e *env) error {
	if err := checkOutputs(nil, c.JSON); err != nil {
		return err
	}
	var all []viewInfo
	for _, m := range fusor.Views() {
		for _, v := range m.Views() {
			i := v.Info()
			all = append(all, viewInfo{string(m.Kind()), i.Name, string(i.Shape), i.Default, i.Version, i.Options, i.Doc})
		}
		if k := m.Kind(); k == media.Text || k.IsFile() {
			all = append(all, viewInfo{
				Modality: string(k), View: "encoder", Shape: string(feature.Vector), Version: pretrained.Version,
				Doc: "the vector of a pretrained network whose folder --encoder names (docs/encoders.md); taken by default then",
			})
		}
	}
	if c.jsonToStdout() {
		return c.writeJSON(e, all)
	}
	t := e.newTable("modality", "view", "shape", "definition")
	for _, v := range all {
		name := v.View
		if v.Default {
			name += " *"
		}
		t.add(v.Modality, name, v.Shape, e.lang.Text(v.Doc))
	}
	if _, err := fmt.Fprintln(e.stdout, t.render(e.stdout)); err != nil {
		return err
	}
	if !c.Quiet {
		e.suggest(
			step("see which views fit the columns of your table", "inspect", "YOUR.csv"),
			step("train on views that you name", "train", "YOUR.csv", "-o", "model.fusor", "--views", "text.lexical,photo"),
			step("compare all views and fusions of them", "compare", "YOUR.csv", "-o", "result"))
	}
	return c.writeJSON(e, all)
}
