package serve

import (
	"net/http"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
)

type object = map[string]any

// modelInfo describes a model to its clients.
type modelInfo struct {
	Name       string        `json:"name"`
	Version    string        `json:"version,omitempty"`
	Task       dataset.Task  `json:"task"`
	Label      string        `json:"label,omitempty"`
	Classes    []string      `json:"classes,omitempty"`
	Thresholds []float64     `json:"thresholds,omitempty"` // of the labels of a multi-label task, or by which a class is decided, in the order of Classes
	Separator  string        `json:"separator,omitempty"`  // between the labels of a prediction that is one text
	Columns    []modelColumn `json:"columns"`
	Modalities []string      `json:"modalities"`
	Fusion     string        `json:"fusion"`
	Views      []string      `json:"views"`
	Parameters int           `json:"parameters"`
	Coverage   bool          `json:"coverage"` // prediction sets can be asked for
	OverRows   bool          `json:"over_rows,omitempty"`
}

type modelColumn struct {
	Name   string          `json:"name"`
	Kind   media.Kind      `json:"kind"`
	Dim    int             `json:"dim,omitempty"`
	Fields []dataset.Field `json:"fields,omitempty"`
}

func describe(m *Model) modelInfo {
	a := m.Artifact()
	out := modelInfo{
		Name: m.Name, Version: m.Version, Task: a.Schema.Task, Label: a.Schema.Label, Classes: a.Schema.Classes,
		Thresholds: a.Thresholds, Separator: a.Schema.Separator,
		Modalities: m.Modalities(), Fusion: a.Spec.Method, Views: m.Views(), Parameters: a.Model.Size(),
		Coverage: len(a.Conformal) > 0, OverRows: m.OverRows(),
	}
	for _, c := range a.Schema.Columns {
		out.Columns = append(out.Columns, modelColumn{c.Name, c.Kind, c.Dim, c.Fields})
	}
	return out
}

func (s *Server) listModels(w http.ResponseWriter, r *http.Request) {
	out := []modelInfo{}
	for _, m := range s.all() {
		out = append(out, describe(m))
	}
	writeJSON(w, r, object{"models": out})
}

func (s *Server) showModel(w http.ResponseWriter, r *http.Request) {
	m, err := s.model(r.PathValue("model"))
	if err != nil {
		writeFault(w, r, err)
		return
	}
	writeJSON(w, r, describe(m))
}

func (s *Server) showSchema(w http.ResponseWriter, r *http.Request) {
	m, err := s.model(r.PathValue("model"))
	if err != nil {
		writeFault(w, r, err)
		return
	}
	schema := rowSchema(m)
	schema["$schema"], schema["title"] = "https://json-schema.org/draft/2020-12/schema", "a row of "+m.Name
	w.Header().Set("Content-Type", "application/schema+json")
	writeJSON(w, r, schema)
}

// rowSchema returns the JSON Schema of a row. Every column may be left out or null: a part that is
// not there is the normal case. So may a value be of another form than those that are read, as one
// that cannot be decoded: the row is answered without it.
func rowSchema(m *Model) object {
	schema := m.Schema()
	properties := object{}
	forms := func(name, description string, forms ...object) {
		all := []any{}
		for _, f := range forms {
			all = append(all, f)
		}
		none, other := object{"type": "null", "description": "absent"}, object{"description": "anything else is left out of the row, which is flagged"}
		properties[name] = object{"description": description, "anyOf": append(all, none, other)}
	}
	for i := range schema.Columns {
		c := &schema.Columns[i]
		if c.Kind == media.Table {
			for _, f := range c.Fields {
				forms(f.Name, string(f.Kind), fieldSchema(f))
			}
			continue
		}
		forms(c.Name, string(c.Kind), columnForms(c)...)
	}
	for _, role := range roles(schema) {
		forms(role, "a role of the row", object{"type": []string{"string", "number"}})
	}
	return object{"type": "object", "properties": properties}
}

// roles returns the names of what a row may have beside its columns.
func roles(s *dataset.Schema) []string {
	return slices.DeleteFunc([]string{s.Group, s.Order, s.ID}, func(name string) bool { return name == "" })
}

// fieldSchema returns the form of a field of the table.
func fieldSchema(f dataset.Field) object {
	switch f.Kind {
	case media.Number:
		return object{"type": []string{"number", "string"}}
	case media.Boolean:
		return object{"type": []string{"boolean", "string", "number"}}
	case media.Date:
		return object{"type": "string", "description": "a date, 2006-01-02 or RFC 3339"}
	}
	return object{"type": []string{"string", "number", "boolean"}}
}

// columnForms returns the forms that values of a column have.
func columnForms(c *dataset.Column) []object {
	bytes := object{
		"type": "object", "required": []string{"$base64"}, "additionalProperties": false, "description": "the bytes of a file",
		"properties": object{"$base64": object{"type": "string", "contentEncoding": "base64"}, "name": object{"type": "string"}},
	}
	switch {
	case c.Kind == media.Vector:
		numbers := object{"type": "array", "items": object{"type": "number"}}
		if c.Dim > 0 {
			numbers["minItems"], numbers["maxItems"] = c.Dim, c.Dim
		}
		return []object{numbers}
	case c.Kind == media.Tokens:
		return []object{{"type": "array", "items": object{"type": "integer", "minimum": 0, "maximum": c.Dim - 1}}}
	case c.Kind.IsArray():
		step := object{"type": "array", "items": object{"type": "number"}, "minItems": c.Dim, "maxItems": c.Dim}
		if c.Kind == media.Bag { // entries [index, weight]
			step["minItems"], step["maxItems"] = 2, 2
		}
		return []object{{"type": "array", "items": step}}
	case c.Kind.IsFile():
		return []object{bytes, {"type": "string", "pattern": "^data:", "description": "a data: URI (RFC 2397) of the file's bytes; a name of a file is not taken"}}
	}
	return []object{{"type": "string"}, bytes}
}

func predictionSchema(m *Model) object {
	a := m.Artifact()
	texts := object{"type": "array", "items": object{"type": "string"}}
	properties := object{"flags": texts, "weights": object{"type": "object", "additionalProperties": object{"type": "number"}}, "explanation": object{"type": "object"}}
	required := []string{"prediction", "flags"}
	if a.Spec.Regression {
		properties["prediction"], properties["value"] = object{"type": "number"}, object{"type": "number"}
		required = append(required, "value")
	} else {
		class := object{"type": "string", "enum": a.Schema.Classes}
		properties["prediction"] = class
		if a.Spec.Multilabel {
			properties["prediction"] = object{"type": "array", "items": class, "uniqueItems": true}
		}
		properties["probabilities"] = object{"type": "object", "additionalProperties": object{"type": "number", "minimum": 0, "maximum": 1}}
		if !a.Spec.Multilabel {
			properties["set"] = texts
		}
		required = append(required, "probabilities")
	}
	return object{"type": "object", "required": required, "properties": properties}
}

// openAPI writes a description of all routes (OpenAPI 3.1.0), made from the models' schemas.
func (s *Server) openAPI(w http.ResponseWriter, r *http.Request) {
	problem := func(description string) object {
		return object{"description": description, "content": object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}}}
	}
	ok := func(description, kind string, schema object) object {
		return object{"description": description, "content": object{kind: object{"schema": schema}}}
	}
	text := object{"type": "string"}
	// The Open Inference Protocol is not among the paths: its own standard describes it.
	paths := object{
		"/healthz": object{"get": object{"summary": "Whether the process is alive", "operationId": "health", "responses": object{"200": ok("alive", "text/plain", text)}}},
		"/readyz": object{"get": object{"summary": "Whether requests should be sent here", "operationId": "ready", "responses": object{
			"200": ok("ready", "text/plain", text), "503": ok("loading or draining", "text/plain", text),
		}}},
		"/metrics":      object{"get": object{"summary": "Metrics in the text format of Prometheus", "operationId": "metrics", "responses": object{"200": ok("metrics", "text/plain", text)}}},
		"/openapi.json": object{"get": object{"summary": "This document", "operationId": "openapi", "responses": object{"200": ok("an OpenAPI document", "application/json", object{"type": "object"})}}},
		"/v1/models":    object{"get": object{"summary": "All models", "operationId": "models", "responses": object{"200": ok("the models", "application/json", object{"type": "object", "required": []string{"models"}, "properties": object{"models": object{"type": "array"}}})}}},
	}
	parameters := []any{
		object{"name": "explain", "in": "query", "description": "what each modality contributed", "schema": object{"type": "string", "enum": []string{"modalities"}}},
		object{"name": "top", "in": "query", "description": "so many of the most probable classes only", "schema": object{"type": "integer", "minimum": 1, "maximum": maxTop}},
		object{"name": "coverage", "in": "query", "description": "nominal coverage of prediction sets", "schema": object{"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}},
		object{"name": "weights", "in": "query", "description": "how much each view counted", "schema": object{"type": "string", "enum": []string{"0", "1"}}},
	}
	// A path for each model and no parameter {model}: the rows of each have a schema of their own.
	for _, m := range s.all() {
		row, name := rowSchema(m), m.Name
		rows := object{"type": "object", "required": []string{"rows"}, "properties": object{"rows": object{"type": "array", "items": row, "maxItems": s.o.MaxRows}}}
		result := object{"type": "object", "required": []string{"predictions", "problems"}, "properties": object{
			"predictions": object{"type": "array", "items": predictionSchema(m)}, "problems": object{"type": "array", "items": object{"$ref": "#/components/schemas/Finding"}},
		}}
		fields := object{} // of bytes: what cannot be read is flagged, as in JSON
		for column := range row["properties"].(object) {
			fields[column] = object{"description": "text as in JSON, or the bytes of a file"}
		}
		// A column that the model does not have is a fault, in JSON as in a form.
		form := object{"type": "object", "properties": fields, "additionalProperties": false}
		paths["/v1/models/"+name] = object{"get": object{"summary": "What " + name + " reads and predicts", "operationId": "model " + name, "responses": object{"200": ok("the model", "application/json", object{"type": "object"})}}}
		paths["/v1/models/"+name+"/schema"] = object{"get": object{"summary": "JSON Schema of a row of " + name, "operationId": "schema " + name, "responses": object{"200": ok("a JSON Schema", "application/schema+json", object{"type": "object"})}}}
		paths["/v1/models/"+name+"/predict"] = object{"post": object{
			"summary": "Predict with " + name, "operationId": "predict " + name, "parameters": parameters,
			"requestBody": object{"required": true, "content": object{
				"application/json":     object{"schema": object{"anyOf": []any{rows, row}}},
				"multipart/form-data":  object{"schema": form},
				"application/x-ndjson": object{"schema": object{"type": "string", "description": "a row a line; an answer a line comes back as the lines come"}},
			}},
			"responses": object{
				"200": ok("the predictions, in the order of the rows", "application/json", result),
				"400": problem("the body is not what its Content-Type promises"), "401": problem("no valid key"), "404": problem("no such model"), "408": problem("the body did not come in time"),
				"413": problem("too large"), "415": problem("unknown Content-Type"), "422": problem("a row cannot be read"),
				"503": problem("too busy; Retry-After has the seconds to wait"), "504": problem("too slow"),
			},
		}}
	}
	document := object{
		"openapi": "3.1.0",
		"info":    object{"title": "fusor", "version": s.o.Version, "description": "Predictions from text, pictures, sounds, films, numbers and vectors. Every part of a row may be absent."},
		"paths":   paths,
		"components": object{"schemas": object{
			"Problem": object{"type": "object", "required": []string{"type", "title", "status"}, "properties": object{
				"type": text, "title": text, "status": object{"type": "integer"}, "detail": text,
				"problems": object{"type": "array", "items": object{"$ref": "#/components/schemas/Finding"}},
			}},
			"Finding": object{"type": "object", "required": []string{"what"}, "properties": object{"row": object{"type": "integer"}, "column": text, "what": text, "advice": text}},
		}},
	}
	writeJSON(w, r, document)
}
