package serve_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/serve"
)

// TestRowSchema: the schema of a row takes whatever is answered, which is every JSON value. One
// that a column cannot read is left out, flagged and told.
func TestRowSchema(t *testing.T) {
	s := server(t, serve.Options{})
	resp, err := http.Get(s.URL + "/v1/models/shop/schema")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]struct {
			AnyOf []map[string]any `json:"anyOf"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	if len(schema.Properties) != 4 {
		t.Errorf("%s", data)
	}
	for column, property := range schema.Properties {
		forms := property.AnyOf
		if last := forms[len(forms)-1]; len(forms) < 3 || last["type"] != nil || last["description"] == nil {
			t.Fatalf("%s: %v", column, forms)
		}
		for _, value := range []string{"12", `"12"`, "true", "[1]", `{"a": 1}`, "null"} {
			a := ask(t, s, predictPath, "application/json", `{"`+column+`": `+value+`}`, http.StatusOK)
			wrong := value[0] == '{' || column == "photo" && value != "null" || column == "price" && value[0] == '['
			if wrong != (len(a.Problems) > 0) || wrong != strings.Contains(fmt.Sprint(a.Predictions[0].Flags), "unreadable:") {
				t.Errorf("%s: %s: %+v", column, value, a)
			}
		}
	}
}
