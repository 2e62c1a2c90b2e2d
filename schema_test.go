package fusor_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
)

// Data that were not read with the model's schema are refused: with fields or classes in another
// order, the numbers of one would be read as those of another.
func TestForeignSchema(t *testing.T) {
	dir := t.TempDir()
	open := func(name, content string, o dataset.Options) *dataset.Dataset {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		ds, err := dataset.Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		return ds
	}
	rows := strings.Repeat("x,1,20,a\ny,2,10,b\n", 20)
	path := filepath.Join(dir, "train.csv")
	if err := os.WriteFile(path, []byte("label,width,height,kind\n"+rows), 0o600); err != nil {
		t.Fatal(err)
	}
	o := fusor.Setup{NoCache: true, Threads: 1}
	o.Recipe.Train.Epochs = 2
	m, _, err := fusor.TrainFile(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	saved := filepath.Join(dir, "m.fusor")
	if err := m.Save(saved); err != nil {
		t.Fatal(err)
	}
	loaded, err := fusor.Load(saved, fusor.Setup{NoCache: true}.Options())
	if err != nil {
		t.Fatal(err)
	}
	turned := "height,width,kind,label\n20,1,a,x\n10,2,b,y\n"
	for _, m := range []*fusor.Model{m, loaded} {
		right := open("right.csv", turned, dataset.Options{Schema: loaded.Schema()})
		if _, err := m.Predict(context.Background(), right); err != nil {
			t.Error(err)
		}
		wrong := open("wrong.csv", turned, dataset.Options{})
		if _, err := m.Predict(context.Background(), wrong); err == nil || !strings.Contains(err.Error(), "open it with dataset.Options{Schema: model.Schema()}") {
			t.Errorf("other columns: error %v", err)
		}
		classes := open("classes.csv", "label,width,height,kind\nz,1,20,a\nx,2,10,b\n", dataset.Options{})
		if _, err := m.Evaluate(context.Background(), classes, nil); err == nil || !strings.Contains(err.Error(), "classes are others") {
			t.Errorf("other classes: error %v", err)
		}
	}
}
