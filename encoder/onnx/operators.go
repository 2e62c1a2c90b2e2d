package onnx

import "math"

// operators are all that a graph may use.
var operators map[string]operator

func init() { // the builders refer to the table
	operators = map[string]operator{
		// element-wise functions
		"Abs":         ofOne(func(*builder) runner { return mapNumbers(math.Abs, absInt) }),
		"Acos":        ofOne(mapping(math.Acos, nil)),
		"Acosh":       ofOne(mapping(math.Acosh, nil)),
		"Asin":        ofOne(mapping(math.Asin, nil)),
		"Asinh":       ofOne(mapping(math.Asinh, nil)),
		"Atan":        ofOne(mapping(math.Atan, nil)),
		"Atanh":       ofOne(mapping(math.Atanh, nil)),
		"Cast":        ofOne(buildCast),
		"CastLike":    {since: 15, minIn: 2, maxIn: 2, maxOut: 1, build: buildCastLike},
		"Ceil":        ofOne(mapping(math.Ceil, nil)),
		"Celu":        since(12, ofOne(buildCelu)),
		"Clip":        {minIn: 1, maxIn: 3, maxOut: 1, layouts: true, build: buildClip},
		"Cos":         ofOne(mapping(math.Cos, nil)),
		"Cosh":        ofOne(mapping(math.Cosh, nil)),
		"Dropout":     {minIn: 1, maxIn: 3, maxOut: 2, layouts: true, build: buildDropout},
		"Elu":         ofOne(buildElu),
		"Erf":         ofOne(mapping(math.Erf, nil)),
		"Exp":         ofOne(mapping(math.Exp, fastExp)),
		"Floor":       ofOne(mapping(math.Floor, nil)),
		"Gelu":        since(20, ofOne(buildGelu)),
		"HardSigmoid": ofOne(buildHardSigmoid),
		"HardSwish":   since(14, ofOne(mapping(hardSwish, fastHardSwish))),
		"Identity":    ofOne(buildIdentity),
		"IsInf":       since(10, ofOne(buildIsInf)),
		"IsNaN":       ofOne(func(*builder) runner { return floatTest(math.IsNaN) }),
		"LeakyRelu":   ofOne(buildLeakyRelu),
		"Log":         ofOne(mapping(math.Log, nil)),
		"Mish":        since(18, ofOne(mapping(func(x float64) float64 { return x * math.Tanh(softplus(x)) }, nil))),
		"Neg": ofOne(func(*builder) runner {
			return mapNumbers(func(x float64) float64 { return -x }, func(x int64) int64 { return -x })
		}),
		"Not":             ofOne(buildNot),
		"Reciprocal":      ofOne(mapping(func(x float64) float64 { return 1 / x }, nil)),
		"Relu":            ofOne(buildRelu),
		"Round":           since(11, ofOne(mapping(math.RoundToEven, nil))),
		"Selu":            ofOne(buildSelu),
		"Sigmoid":         ofOne(mapping(sigmoid, fastSigmoid)),
		"Sign":            ofOne(func(*builder) runner { return mapNumbers(sign, signInt) }),
		"Sin":             ofOne(mapping(math.Sin, nil)),
		"Sinh":            ofOne(mapping(math.Sinh, nil)),
		"Softplus":        ofOne(mapping(softplus, nil)),
		"Softsign":        ofOne(mapping(func(x float64) float64 { return x / (1 + math.Abs(x)) }, nil)),
		"Sqrt":            ofOne(mapping(math.Sqrt, fastSqrt)),
		"Tan":             ofOne(mapping(math.Tan, nil)),
		"Tanh":            ofOne(mapping(math.Tanh, fastTanh)),
		"ThresholdedRelu": since(10, ofOne(buildThresholdedRelu)),

		// of two and more inputs
		"Add":            ofTwo(elementwise(&adding)),
		"And":            {minIn: 2, maxIn: 2, maxOut: 1, build: logic(func(a, b bool) bool { return a && b })},
		"Div":            ofTwo(elementwise(&dividing)),
		"Equal":          {minIn: 2, maxIn: 2, maxOut: 1, build: comparing(equal[float32], equal[float64], equal[int64], equal[int32], equal[uint8], equal[int8], equal[bool])},
		"Greater":        {minIn: 2, maxIn: 2, maxOut: 1, build: comparing(greater[float32], greater[float64], greater[int64], greater[int32], greater[uint8], greater[int8], nil)},
		"GreaterOrEqual": {since: 12, minIn: 2, maxIn: 2, maxOut: 1, build: comparing(greaterOrEqual[float32], greaterOrEqual[float64], greaterOrEqual[int64], greaterOrEqual[int32], greaterOrEqual[uint8], greaterOrEqual[int8], nil)},
		"Less":           {minIn: 2, maxIn: 2, maxOut: 1, build: comparing(less[float32], less[float64], less[int64], less[int32], less[uint8], less[int8], nil)},
		"LessOrEqual":    {since: 12, minIn: 2, maxIn: 2, maxOut: 1, build: comparing(lessOrEqual[float32], lessOrEqual[float64], lessOrEqual[int64], lessOrEqual[int32], lessOrEqual[uint8], lessOrEqual[int8], nil)},
		"Max":            {minIn: 1, maxIn: many, maxOut: 1, layouts: true, build: buildVariadic(&maximum, false)},
		"Mean":           {minIn: 1, maxIn: many, maxOut: 1, layouts: true, build: buildVariadic(&adding, true)},
		"Min":            {minIn: 1, maxIn: many, maxOut: 1, layouts: true, build: buildVariadic(&minimum, false)},
		"Mod":            {since: 10, minIn: 2, maxIn: 2, maxOut: 1, layouts: true, build: buildMod},
		"Mul":            ofTwo(elementwise(&multiplying)),
		"Or":             {minIn: 2, maxIn: 2, maxOut: 1, build: logic(func(a, b bool) bool { return a || b })},
		"Pow":            {minIn: 2, maxIn: 2, maxOut: 1, layouts: true, build: buildPow},
		"PRelu":          ofTwo(buildPRelu),
		"Sub":            ofTwo(elementwise(&subtracting)),
		"Sum":            {minIn: 1, maxIn: many, maxOut: 1, layouts: true, build: buildVariadic(&adding, false)},
		"Where":          {minIn: 3, maxIn: 3, maxOut: 1, build: buildWhere},
		"Xor":            {minIn: 2, maxIn: 2, maxOut: 1, build: logic(func(a, b bool) bool { return a != b })},

		// reductions
		"ArgMax":                    {minIn: 1, maxIn: 1, maxOut: 1, build: buildArg(true)},
		"ArgMin":                    {minIn: 1, maxIn: 1, maxOut: 1, build: buildArg(false)},
		"CumSum":                    {since: 11, minIn: 2, maxIn: 2, maxOut: 1, build: buildCumSum},
		"ReduceL1":                  reducing(&reduceL1, 18),
		"ReduceL2":                  reducing(&reduceL2, 18),
		"ReduceLogSum":              reducing(&reduceLogSum, 18),
		"ReduceLogSumExp":           reducing(&reduceLogSumExp, 18),
		"ReduceMax":                 reducing(&reduceMax, 18),
		"ReduceMean":                reducing(&reduceMean, 18),
		"ReduceMin":                 reducing(&reduceMin, 18),
		"ReduceProd":                reducing(&reduceProd, 18),
		"ReduceSum":                 reducing(&reduceSum, 13),
		"ReduceSumSquare":           reducing(&reduceSumSquare, 18),
		"Hardmax":                   {minIn: 1, maxIn: 1, maxOut: 1, build: buildSoftmax(hardmaxRows, hardmax)},
		"LogSoftmax":                {minIn: 1, maxIn: 1, maxOut: 1, build: buildSoftmax(logSoftmaxRows, logSoftmax)},
		"Softmax":                   {minIn: 1, maxIn: 1, maxOut: 1, build: buildSoftmax(softmaxRows, softmax)},
		"GlobalAveragePool":         {minIn: 1, maxIn: 1, maxOut: 1, layouts: true, build: buildGlobalAveragePool},
		"GlobalLpPool":              {minIn: 1, maxIn: 1, maxOut: 1, layouts: true, build: buildGlobalLpPool},
		"GlobalMaxPool":             {minIn: 1, maxIn: 1, maxOut: 1, layouts: true, build: buildGlobalMaxPool},
		"AveragePool":               {minIn: 1, maxIn: 1, maxOut: 1, layouts: true, build: buildAveragePool},
		"LpPool":                    {minIn: 1, maxIn: 1, maxOut: 1, layouts: true, build: buildLpPool},
		"MaxPool":                   {minIn: 1, maxIn: 1, maxOut: 2, build: buildMaxPool, layouts: true},
		"BatchNormalization":        {minIn: 5, maxIn: 5, maxOut: 1, layouts: true, build: buildBatchNorm},
		"GroupNormalization":        {since: 18, minIn: 3, maxIn: 3, maxOut: 1, build: buildGroupNorm},
		"InstanceNormalization":     {minIn: 3, maxIn: 3, maxOut: 1, build: buildInstanceNorm},
		"LayerNormalization":        {since: 17, minIn: 2, maxIn: 3, maxOut: 3, build: buildLayerNorm},
		"LpNormalization":           {minIn: 1, maxIn: 1, maxOut: 1, build: buildLpNorm},
		"MeanVarianceNormalization": {minIn: 1, maxIn: 1, maxOut: 1, build: buildMeanVarianceNorm},

		// products
		"Conv":   {minIn: 2, maxIn: 3, maxOut: 1, layouts: true, build: buildConv},
		"Einsum": {since: 12, minIn: 1, maxIn: many, maxOut: 1, build: buildEinsum},
		"Gemm":   {minIn: 2, maxIn: 3, maxOut: 1, build: buildGemm},
		"MatMul": {minIn: 2, maxIn: 2, maxOut: 1, build: buildMatMul},
		"LSTM":   {since: 7, minIn: 3, maxIn: 8, maxOut: 3, build: buildLSTM},

		// shapes and places
		"Concat":          {minIn: 1, maxIn: many, maxOut: 1, build: buildConcat},
		"Constant":        {maxOut: 1, build: buildConstant},
		"ConstantOfShape": {minIn: 1, maxIn: 1, maxOut: 1, build: buildConstantOfShape},
		"DepthToSpace":    {minIn: 1, maxIn: 1, maxOut: 1, build: buildDepthToSpace(false)},
		"Expand":          {minIn: 2, maxIn: 2, maxOut: 1, build: buildExpand},
		"EyeLike":         {minIn: 1, maxIn: 1, maxOut: 1, build: buildEyeLike},
		"Flatten":         {minIn: 1, maxIn: 1, maxOut: 1, layouts: true, build: buildFlatten},
		"Gather":          {minIn: 2, maxIn: 2, maxOut: 1, build: buildGather},
		"GatherElements":  {since: 11, minIn: 2, maxIn: 2, maxOut: 1, build: buildGatherElements},
		"GatherND":        {since: 11, minIn: 2, maxIn: 2, maxOut: 1, build: buildGatherND},
		"NonZero":         {minIn: 1, maxIn: 1, maxOut: 1, build: buildNonZero},
		"OneHot":          {minIn: 3, maxIn: 3, maxOut: 1, build: buildOneHot},
		"Pad":             {minIn: 1, maxIn: 4, maxOut: 1, layouts: true, build: buildPad},
		"Range":           {since: 11, minIn: 3, maxIn: 3, maxOut: 1, build: buildRange},
		"Reshape":         {minIn: 2, maxIn: 2, maxOut: 1, layouts: true, build: buildReshape},
		"Resize":          {since: 10, minIn: 1, maxIn: 4, maxOut: 1, build: buildResize},
		"Scatter":         {until: 11, minIn: 3, maxIn: 3, maxOut: 1, build: buildScatterElements},
		"ScatterElements": {since: 11, minIn: 3, maxIn: 3, maxOut: 1, build: buildScatterElements},
		"ScatterND":       {since: 11, minIn: 3, maxIn: 3, maxOut: 1, build: buildScatterND},
		"Shape":           {minIn: 1, maxIn: 1, maxOut: 1, layouts: true, build: buildShape},
		"Size":            {minIn: 1, maxIn: 1, maxOut: 1, layouts: true, build: buildSize},
		"Slice":           {minIn: 1, maxIn: 5, maxOut: 1, build: buildSlice},
		"SpaceToDepth":    {minIn: 1, maxIn: 1, maxOut: 1, build: buildDepthToSpace(true)},
		"Split":           {minIn: 1, maxIn: 2, maxOut: many, build: buildSplit},
		"Squeeze":         {minIn: 1, maxIn: 2, maxOut: 1, layouts: true, build: buildSqueeze},
		"Tile":            {minIn: 2, maxIn: 2, maxOut: 1, build: buildTile},
		"TopK":            {minIn: 1, maxIn: 2, maxOut: 2, build: buildTopK},
		"Transpose":       {minIn: 1, maxIn: 1, maxOut: 1, layouts: true, build: buildTranspose},
		"Trilu":           {since: 14, minIn: 1, maxIn: 2, maxOut: 1, build: buildTrilu},
		"Unsqueeze":       {minIn: 1, maxIn: 2, maxOut: 1, layouts: true, build: buildUnsqueeze},
		"Upsample":        {until: 10, minIn: 2, maxIn: 2, maxOut: 1, build: buildUpsample},

		// 8-bit numbers
		"ConvInteger":           {since: 10, minIn: 2, maxIn: 4, maxOut: 1, build: buildConvInteger},
		"DequantizeLinear":      {since: 10, minIn: 2, maxIn: 3, maxOut: 1, build: buildDequantize},
		"DynamicQuantizeLinear": {since: 11, minIn: 1, maxIn: 1, maxOut: 3, build: buildDynamicQuantize},
		"MatMulInteger":         {since: 10, minIn: 2, maxIn: 4, maxOut: 1, build: buildMatMulInteger},
		"QLinearConv":           {since: 10, minIn: 8, maxIn: 9, maxOut: 1, build: buildQLinearConv},
		"QLinearMatMul":         {since: 10, minIn: 8, maxIn: 8, maxOut: 1, build: buildQLinearMatMul},
		"QuantizeLinear":        {since: 10, minIn: 2, maxIn: 3, maxOut: 1, build: buildQuantize},
	}
}

func ofOne(build func(*builder) runner) operator {
	return operator{minIn: 1, maxIn: 1, maxOut: 1, layouts: true, build: build}
}

func ofTwo(build func(*builder) runner) operator {
	return operator{minIn: 2, maxIn: 2, maxOut: 1, layouts: true, build: build}
}

func reducing(f *reducer, since int) operator {
	return operator{minIn: 1, maxIn: 2, maxOut: 1, layouts: true, build: buildReduce(f, since)}
}

func since(opset int, op operator) operator {
	op.since = opset
	return op
}
