module github.com/fusor-ml/fusor/compat/extern

go 1.26.0

require github.com/fusor-ml/fusor v0.0.0

require golang.org/x/sys v0.49.0 // indirect

replace github.com/fusor-ml/fusor => ../..
