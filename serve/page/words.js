// The words of the page in both languages. {x} is filled in.
const words = {
  skip: ["Skip to the form", "跳到表单"],
  model: ["Model", "模型"],
  try: ["Try it", "试一试"],
  methods: ["The five methods", "五种方法"],
  reports: ["Reports", "报告"],
  other: ["中文", "English"],
  use: ["use it", "使用"],
  choose: ["Choose a file", "选择文件"],
  camera: ["Camera", "拍照"],
  record: ["Record", "录音"],
  stop: ["Stop", "停止"],
  clear: ["Remove", "移除"],
  drop: ["or drop it here, or paste it", "也可以拖到这里，或者粘贴"],
  insecure: ["Recording needs https or localhost: browsers give no microphone to plain http.", "录音需要 https 或 localhost：浏览器不会把麦克风交给普通的 http 页面。"],
  nomic: ["The microphone cannot be used: {x}", "无法使用麦克风：{x}"],
  level: ["Level of the microphone", "麦克风音量"],
  tooLarge: ["{x} is larger than the server takes.", "{x} 超过了服务器接受的大小。"],
  examples: ["Examples:", "示例："],
  reset: ["Empty the form", "清空表单"],
  fill: ["Fill in what you have. Every part may be left out.", "有什么就填什么，每一部分都可以不填。"],
  asking: ["…", "…"],
  certain: ["{a}, {p}", "{a}，{p}"],
  and: ["; ", "；"],
  noLabel: ["none of the labels", "没有任何标签"],
  value: ["{a}", "{a}"],
  little: ["Little to go by: only {x}.", "依据不多：只有{x}。"],
  none: ["Nothing is filled in: this is the answer without any evidence.", "什么都没有填：这是没有任何依据时的答案。"],
  unread: ["Could not be read: {x}.", "无法读取：{x}。"],
  partial: ["Read in part: {x}.", "只读取了一部分：{x}。"],
  top: ["The most probable", "可能性最大的"],
  set: ["Prediction set, {c} coverage: {x}", "预测集（覆盖率 {c}）：{x}"],
  decided: ["What decided", "起决定作用的是什么"],
  points: ["what each adds to the probability of “{a}”, in percentage points", "对“{a}”的概率的贡献（百分点）"],
  amounts: ["by how much each part moves the value", "各部分使预测值改变了多少"],
  without: ["Without …", "如果没有……"],
  withoutRow: ["without {m}: {a}", "没有 {m}：{a}"],
  flips: ["changes the answer", "答案会变"],
  pin: ["Pin this answer", "固定这个答案"],
  unpin: ["Remove", "移除"],
  pinned: ["Pinned", "已固定"],
  copy: ["Copy as code", "复制为代码"],
  copied: ["Copied", "已复制"],
  failed: ["No answer: {x}", "没有得到答案：{x}"],
  lost: ["The server cannot be reached. It is tried again when you change something.", "无法连接服务器。修改内容后会再试一次。"],
  list: [", ", "、"],
  text: ["text", "文本"], image: ["picture", "图片"], audio: ["sound", "声音"], video: ["video", "视频"], vector: ["vector", "向量"], table: ["table", "表格"],
  number: ["number", "数字"], category: ["category", "类别"], date: ["date", "日期"], boolean: ["yes or no", "是或否"],
  vectorHint: ["{n} numbers, as a JSON array", "{n} 个数，写成 JSON 数组"],
  badVector: ["This is no JSON array of numbers.", "这不是由数字组成的 JSON 数组。"],
  unset: ["(not set)", "（未填）"],
  yes: ["yes", "是"], no: ["no", "否"],
  intro: ["Two views of two samples with three features each. Change a number: the result is computed by the code of the command fuse.", "两个视图，各有两个样本、三个特征。改动任何一个数，结果由 fuse 命令的同一份代码算出。"],
  m1: ["First view", "第一个视图"], m2: ["Second view", "第二个视图"], weightsOf: ["Weights", "权重"], result: ["Result", "结果"], rowWeights: ["Weights of each row", "各行的权重"],
  mean: ["Mean (balanced)", "平均融合（均衡）"], weighted: ["Weighted", "加权融合"], concat: ["Concat (stacking)", "拼接融合（堆叠）"], attention: ["Attention", "注意力融合"], bilstm: ["Bi-LSTM", "Bi-LSTM 融合"],
  meanSays: ["Every view counts the same.", "每个视图同等对待。"],
  weightedSays: ["Each view counts as much as its weight.", "每个视图按自己的权重计入。"],
  concatSays: ["The features stand side by side; nothing is lost, and the width grows.", "特征并排放在一起；什么都不丢，宽度随之增加。"],
  attentionSays: ["Each row weighs the views by their content; the weights sum to 1. Untrained here, with parameters from seed 0.", "每一行根据内容给各视图分配权重，权重之和为 1。这里未经训练，参数来自种子 0。"],
  bilstmSays: ["The rows are time steps, read in both directions; 3 units each make 6 columns. Untrained here, with parameters from seed 0.", "各行是时间步，从两个方向读取；每个方向 3 个单元，共 6 列。这里未经训练，参数来自种子 0。"],
};

let lang = 0;

export function setLanguage(code) { lang = code.startsWith("zh") ? 1 : 0; }
export function language() { return lang ? "zh-CN" : "en"; }
export function t(key, values = {}) {
  const text = words[key] ? words[key][lang] : key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
// names joins a list in words.
export function names(list) { return list.join(t("list")); }
