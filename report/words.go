package report

import "fmt"

// words is every string a reader sees: English, Chinese.
var words = map[string][2]string{
	"question":    {"Does fusion help?", "融合是否有效？"},
	"what":        {"What decided?", "由谁决定？"},
	"title":       {"Does fusion help? – %s", "融合是否有效？%s"},
	"title_model": {"What decided? – %s", "由谁决定？%s"},
	"good":        {"How good is the model?", "模型表现如何？"},
	"title_good":  {"How good is the model? – %s", "模型表现如何？%s"},
	"contents":    {"Contents", "目录"},
	"next":        {"What to do now", "接下来"},
	"judged":      {"How it was judged", "如何得出结论"},
	"more_charts": {"More charts", "更多图表"},

	"means_helps":       {"Use the fusion: %s does better than any single view, by more than chance explains.", "建议使用融合：%s 优于任何单一视图，且差距超出偶然波动。"},
	"means_hurts":       {"Leave the fusion: %s alone does better, by more than chance explains.", "不必融合：仅用 %s 更好，且差距超出偶然波动。"},
	"means_notshown":    {"The difference may be chance. Unless more rows show otherwise, %s alone does as well and is simpler.", "差距可能只是偶然。除非更多的行另有证明，仅用 %s 就同样好，而且更简单。"},
	"means_baseline":    {"The data does not let a model do better than always giving the same answer: check the labels, or collect columns that say more.", "这些数据还不足以让模型优于总是给出同一答案：请检查标签，或收集信息更多的列。"},
	"means_decides":     {"The model relies on %s most: keep it clean and present. What is not shown to help may be left out without loss, as far as these rows tell.", "模型最依赖 %s：请保证它干净且不缺失。未能证明有帮助的模态，就这些行来看，去掉也不会有损失。"},
	"means_decides_not": {"On these rows no modality is shown to help: look at more rows, or at the labels.", "在这些行上没有一个模态被证明有帮助：请考察更多的行，或检查标签。"},
	"means_alone":       {"The model has one modality, so nothing is to be shared out; a second one can be added as a column.", "模型只有一个模态，没有可分摊的贡献；可增加一列作为第二个模态。"},
	"decides":           {"%s decides most (%s)", "%s 起的作用最大（%s）"},
	"decides_not":       {"No modality is shown to decide; %s comes first with %s", "未能证明哪个模态起决定作用；最靠前的是 %s（%s）"},
	"part_helps":        {"%s helps (%s)", "%s 有帮助（%s）"},
	"part_hurts":        {"%s hurts (%s)", "%s 有害（%s）"},
	"part_not_shown":    {"%s is not shown to help (%s)", "未能证明 %s 有帮助（%s）"},
	"gain":              {"%s, %s to %s", "%s，%s 至 %s"},
	"scores":            {"%s reaches the %s %s", "%s 的%s为 %s"},

	"shapley_below": {"A contribution below zero: for rows of that class the model would do better without the modality, whose content points to other classes.", "贡献为负：对该类别的行，没有这个模态模型会更好，因为它的内容指向了其他类别。"},
	"overfit":       {"%s over-fits at once: fewer features, more rows, or --fusion mean.", "%s 一开始就过拟合：请减少特征、增加行数，或用 --fusion mean。"},
	"trust_yes":     {"Yes: it is off by %s points in the mean.", "可信：平均相差 %s 个百分点。"},
	"trust_partly":  {"Roughly: it is off by %s points in the mean.", "大致可信：平均相差 %s 个百分点。"},
	"trust_over":    {"No: it is off by %s points in the mean; the model is surer than it is right.", "不可信：平均相差 %s 个百分点；模型过于自信。"},
	"trust_under":   {"No: it is off by %s points in the mean; the model is right more often than it says.", "不可信：平均相差 %s 个百分点；模型的正确率高于其所称。"},
	"trust_before":  {"Before calibration it was %s.", "校准前为 %s 个百分点。"},
	"usual":         {"%d more as in most rows", "另有 %d 项与多数行相同"},
	"helps":         {"Fusion helps", "融合有效"},
	"hurts":         {"Fusion hurts", "融合有害"},
	"not shown":     {"Not shown", "未能证明"},
	"best_single":   {"Best single view", "最好的单一视图"},
	"best_fusion":   {"Best fusion", "最好的融合方法"},
	"difference":    {"Difference", "差值"},
	"points":        {"points", "个百分点"},
	"to":            {"to", "至"},
	"chosen":        {"Both were chosen by validation scores; the difference is measured on test rows. %s; corrected by Holm for every fusion tried, with most weight on the one chosen.", "二者均按验证集得分选出，差值在测试集上测得。%s；已按 Holm 方法对所有尝试过的融合方法校正，所选方法权重最大。"},
	"p":             {"p is of one claim, that fusion is better: twice the one-sided tail, below 0.05 exactly where the interval lies above zero.", "p 值只针对“融合更好”这一方向：取单侧尾概率的两倍，当且仅当区间在零以上时小于 0.05。"},
	"test_t":        {"Corrected resampled t-test over the runs (Nadeau and Bengio)", "对各次运行做校正的重采样 t 检验（Nadeau–Bengio）"},
	"test_boot":     {"Paired bootstrap over the test rows", "对测试行做配对自助法"},
	"test_groups":   {"Paired bootstrap over the groups of test rows", "以组为单位对测试行做配对自助法"},
	"equal_p":       {"With equal weights: p\u00a0%s.", "若取相等权重：p\u00a0%s。"},
	"mcnemar":       {"McNemar's test of the same pair, in both directions: p\u00a0%s, uncorrected.", "同一对模型的 McNemar 检验（双向）：p\u00a0%s（未校正）。"},
	"table":         {"Show the numbers", "查看数据表"},
	"model":         {"Model", "模型"},
	"name":          {"Name", "名称"},
	"kind":          {"Kind", "类型"},
	"whole":         {"modality", "整个模态"},
	"single":        {"single view", "单一视图"},
	"ensemble":      {"ensemble", "集成"},
	"fusion":        {"fusion", "融合"},
	"views":         {"Views", "视图"},
	"class":         {"Class", "类别"},
	"rows":          {"Rows", "行数"},
	"parameters":    {"Parameters", "参数量"},
	"fit":           {"Training (s)", "训练（秒）"},
	"interval":      {"95 % interval", "95 % 区间"},
	"starred":       {"* chosen by validation", "* 由验证集选出"},
	"low":           {"Low", "下限"},
	"high":          {"High", "上限"},

	"leaderboard":      {"Leaderboard", "排行榜"},
	"leaderboard_note": {"Every single view and every fusion on the same splits and seeds. Dots are means, whiskers 95 % intervals.", "所有单一视图和融合方法使用相同的划分与随机种子。圆点为均值，横线为 95 % 区间。"},
	"leaderboard_plot": {"%s of every single view and fusion", "各单一视图与融合方法的%s"},
	"standing_out":     {"The two that the verdict compares, chosen by validation, are in bold.", "结论所比较的两个（由验证集选出）以粗体显示。"},
	"score":            {"How good the model is", "模型的表现"},
	"score_note":       {"The model's score on the rows looked at, with its 95 % interval over the rows; the table has every metric.", "模型在所考察的行上的得分及其 95 % 区间；表中列出全部指标。"},
	"score_folds":      {"The model's mean score over the folds, each predicted by a model fitted without it, with its 95 % interval; the table has every metric.", "模型在各折上的平均得分及其 95 % 区间，每折均由未见过它的模型预测；表中列出全部指标。"},
	"looked_trained":   {"The model was fitted on %d of the %d rows looked at: its scores here are too good.", "所考察的行中有 %d 行（共 %d 行）参与过该模型的训练：此处得分偏高。"},
	"looked_held":      {"The data has no test rows of its own; the %d rows looked at are those that training held out.", "数据本身没有测试行；所考察的 %d 行是训练时留出的行。"},
	"looked_unsplit":   {"The data has no test rows, so all %d labelled rows are looked at: if the model was trained on some of them, its scores here are too good.", "数据没有测试行，因此考察全部 %d 个有标签的行：如果其中有行参与过训练，此处得分偏高。"},
	"sentiment":        {"Sentiment scores counted as classes", "情感得分按类别计"},
	"best_line":        {"best single view by validation", "验证集上最好的单一视图"},
	"higher":           {"higher is better", "越高越好"},
	"lower":            {"lower is better", "越低越好"},

	"subsets":        {"With only some modalities", "只有部分模态时"},
	"subsets_note":   {"The model was trained once; each row shows what is left of it when only these modalities are present.", "模型只训练一次；每行表示仅有这些模态时的表现。"},
	"subsets_plot":   {"%s for every subset of the modalities", "每个模态子集的%s"},
	"subsets_some":   {"%s for single modalities and for all but one", "单个模态及去掉一个模态时的%s"},
	"all":            {"all", "全部"},
	"all_but":        {"all but %s", "除%s外全部"},
	"nothing_mean":   {"(none: mean target)", "（无：目标均值）"},
	"nothing_labels": {"(none: label rates)", "（无：标签频率）"},
	"no_labels":      {"(none)", "（无）"},
	"nothing":        {"(none: class prior)", "（无：类别先验）"},
	"one":            {"one modality", "单个模态"},
	"several":        {"several", "多个模态"},

	"shapley":                {"Which modality decided", "由哪个模态决定"},
	"shapley_note":           {"Shapley values: each modality's mean gain over all orders in which the modalities can be added. They sum to the whole gain over knowing nothing.", "Shapley 值：按所有加入顺序平均，每个模态带来的增益；总和等于相对一无所知时的全部增益。"},
	"shapley_sampled":        {"Estimated from sampled orders.", "由抽样的加入顺序估计。"},
	"shapley_correct":        {"Contribution to accuracy", "对准确率的贡献"},
	"shapley_row_f1":         {"Contribution to the F1 of a row's labels", "对每行标签 F1 的贡献"},
	"shapley_logodds_labels": {"Contribution to the log-odds of the predicted labels, their mean", "对预测标签平均对数几率的贡献"},
	"shapley_true_labels":    {"Contribution to the log-odds of the true labels, their mean", "对真实标签平均对数几率的贡献"},
	"shapley_logodds":        {"Contribution to the log-odds of the predicted class", "对预测类别对数几率的贡献"},
	"shapley_true":           {"Contribution to the log-odds of the true class", "对真实类别对数几率的贡献"},
	"shapley_error":          {"Contribution to a smaller absolute error", "对减小绝对误差的贡献"},
	"abs_error":              {"absolute error", "绝对误差"},
	"first_of":               {" (first %d of %d classes)", "（前 %d 个，共 %d 个类别）"},
	"pct_points":             {"percentage points", "百分点"},
	"log_odds":               {"log-odds", "对数几率"},
	"modality":               {"Modality", "模态"},
	"contribution":           {"Contribution", "贡献"},
	"total":                  {"Total", "合计"},
	"others":                 {"%d others", "其他 %d 个"},

	"noise":          {"When a modality is noisy or missing", "模态有噪声或缺失时"},
	"noise_note":     {"Noise is added to the test data alone; the model is as trained on clean data.", "只在测试数据中加入噪声；模型仍是在干净数据上训练的。"},
	"relative_note":  {"The area is the mean score over the strengths; the relative robustness is the same with every step from strength to strength weighted alike.", "面积为整个强度范围内的平均得分；相对鲁棒性同此，但相邻强度之间的每一步权重相等。"},
	"effective_note": {"The effective robustness is the sum over the strengths of how much better than the last model the model scores, once both begin at the same score.", "有效鲁棒性先将该模型与最后一个模型在无噪声时的得分对齐，再将各强度下优于后者的差值相加。"},
	"noise_by":       {"A comparison does not measure this. A model of the best fusion does, trained with the same flags for data and model:", "比较本身不测量这一点。用相同的数据与模型选项训练最好的融合模型，再加以解释即可："},
	"noise_plot":     {"%s: %s", "%s：%s"},
	"jointly":        {"all modalities", "所有模态"},
	"level":          {"Level", "强度"},
	"share":          {"share (%)", "比例（%）"},
	"area":           {"Area", "面积"},
	"relative":       {"Relative robustness", "相对鲁棒性"},
	"effective":      {"Effective robustness", "有效鲁棒性"},
	"noise_table":    {"Robustness, all curves", "鲁棒性汇总"},
	"noise_kind":     {"Noise", "噪声"},
	"clean":          {"None", "无噪声"},
	"middle":         {"Middling", "中等"},
	"strongest":      {"Strongest", "最强"},

	"weights":      {"Weights by class", "各类别的权重"},
	"weights_note": {"The mean weight that the method gave each view, by true class. A weight says where the method looked, not what it gained: for that see the contributions.", "该方法给各视图的平均权重，按真实类别分列。权重表示模型看向哪里，并不等于收益；收益见模态贡献。"},
	"weights_plot": {"Mean weight of each view (%%), %s", "各视图的平均权重（%%），%s"},
	"view":         {"view", "视图"},
	"true_class":   {"true class", "真实类别"},
	"pred_class":   {"predicted class", "预测类别"},

	"learning":      {"Learning curves", "学习曲线"},
	"learning_note": {"Loss after each epoch; the marked epoch was kept. A validation curve that rises while training falls is over-fitting.", "每轮之后的损失；标记处为最终保留的一轮。训练损失下降而验证损失上升即为过拟合。"},
	"learning_plot": {"Loss by epoch, %s", "每轮损失，%s"},
	"epoch":         {"epoch", "轮次"},
	"loss":          {"loss", "损失"},
	"train":         {"training", "训练"},
	"val":           {"validation", "验证"},
	"test":          {"test", "测试"},

	"confusion":      {"Confusion", "混淆矩阵"},
	"confusion_note": {"Test rows by true and predicted class; colours are shares of the true class.", "按真实类别与预测类别统计的测试行；颜色表示占真实类别的比例。"},
	"confusion_plot": {"Rows by true and predicted class, %s", "真实类别与预测类别，%s"},
	"confusion_top":  {"Most frequent confusions", "最常见的混淆"},

	"reliability":        {"Can its confidence be trusted?", "置信度可信吗？"},
	"reliability_note":   {"Rows are grouped by the probability of the predicted class. On the diagonal the model is as often right as it says; larger marks are more rows.", "按预测类别的概率分组。在对角线上，模型的正确率与其所称一致；标记越大行数越多。"},
	"reliability_labels": {"Every label of every row is grouped by its probability. On the diagonal as many of them are true as the model says; larger marks are more labels of rows.", "每行的每个标签按其概率分组。在对角线上，标签为真的比例与模型所称一致；标记越大数量越多。"},
	"true_share":         {"labels that are true (%)", "为真的标签（%）"},
	"reliability_plot":   {"Reliability, %s", "可靠性，%s"},
	"ideal":              {"perfectly calibrated", "完全校准"},
	"before":             {"before, ECE %s", "校准前，ECE %s"},
	"after":              {"after temperature %s, ECE %s", "温度 %s 校准后，ECE %s"},
	"confidence":         {"confidence (%)", "置信度（%）"},
	"accuracy_axis":      {"accuracy (%)", "准确率（%）"},
	"bin":                {"Confidence bin", "置信度区间"},
	"mean_conf":          {"Mean confidence", "平均置信度"},
	"accuracy":           {"Accuracy", "准确率"},
	"calibration":        {"Calibration", "校准"},

	"by_label":          {"Label by label", "逐个标签"},
	"labels_note":       {"A label is predicted where its probability reaches a threshold of its own, chosen on validation rows by the label's F1.", "当标签的概率达到其自身的阈值时即预测该标签；阈值按该标签的 F1 在验证行上选定。"},
	"labels_plot":       {"F1 of each label, %s", "各标签的 F1，%s"},
	"labels_first":      {" (the %d most frequent of %d)", "（最常见的 %d 个，共 %d 个）"},
	"label":             {"Label", "标签"},
	"precision":         {"Precision", "精确率"},
	"recall":            {"Recall", "召回率"},
	"average_precision": {"Average precision", "平均精度"},

	"sets":            {"Prediction sets and abstention", "预测集与弃答"},
	"sets_range":      {"95 %% interval %s to %s", "95 %% 区间 %s 至 %s"},
	"sets_one":        {"With a nominal coverage of %s, every set is a single class, for the model is right on %s of the rows measured anyway (%s).", "期望覆盖率 %s；每个预测集都只有一个类别，因为模型在 %s 的受测行上本就正确（%s）。"},
	"from_validation": {"The threshold comes from %d validation rows; so many let one expect %s.", "阈值由 %d 个验证行确定；在这个数量下，覆盖率可望为 %s。"},
	"from_chosen":     {"The threshold comes from %d validation rows, corrected for choosing the model on them; so many let one expect %s.", "阈值由 %d 个验证行确定，并对在这些行上选模型做了校正；在这个数量下，覆盖率可望为 %s。"},
	"from_training":   {"The threshold comes from %d training and validation rows, each predicted by a model fitted without it; so many let one expect %s.", "阈值由 %d 个训练行和验证行确定，每行都由未见过它的模型预测；在这个数量下，覆盖率可望为 %s。"},
	"from_folds":      {"The threshold of each fold comes from the %d test rows of the other folds; so many let one expect %s.", "每折的阈值由其余各折的 %d 个测试行确定；在这个数量下，覆盖率可望为 %s。"},
	"sets_few":        {"These are few: more validation rows make a firmer promise.", "行数偏少：更多验证行可使覆盖率更可靠。"},
	"sets_short":      {"It falls short of it by more than the test rows' chance explains: the model was stopped, calibrated or chosen on the same validation rows, or the test rows differ from them.", "低于期望的幅度超出测试行的偶然波动：模型的早停、校准或选择用了同样的验证行，或者测试行与之不同。"},
	"sets_short_of":   {"It falls short of it by more than the test rows' chance explains: the models that set the threshold are not the one measured, or the rows measured differ from theirs.", "低于期望的幅度超出测试行的偶然波动：确定阈值的模型并非受测的模型，或者受测的行与其所用的行不同。"},
	"sets_note":       {"With a nominal coverage of %s, the sets held the true class on %s of the rows measured (%s), with %s classes on average. The model named one class on %s of the rows and was right on %s of these; on the others it should abstain.", "期望覆盖率 %s，预测集在 %s 的受测行上包含真实类别（%s），平均含 %s 个类别。模型在 %s 的行上只给出一个类别，其中 %s 正确；其余应当弃答。"},
	"sets_none":       {"With a nominal coverage of %s, the sets held the true class on %s of the rows measured (%s), but every set has several classes, %s on average: on no row is the model sure enough to name one.", "期望覆盖率 %s，预测集在 %s 的受测行上包含真实类别（%s），但每个预测集都有多个类别，平均 %s 个：没有一行能让模型有把握地只给出一个类别。"},
	"sets_plot":       {"Accuracy when only the surest rows are answered", "只回答最有把握的行时的准确率"},
	"answered":        {"rows answered (%)", "回答的行（%）"},
	"threshold":       {"Threshold", "阈值"},

	"mistakes":            {"Surest mistakes", "最自信的错误"},
	"mistakes_note":       {"Wrong predictions, the surest first: often wrong labels, sometimes what the model cannot see.", "错误的预测，最自信的在前：常为标注错误，有时是模型看不到的东西。"},
	"label_mistakes_note": {"Rows with a wrong label, those first that are surest of one: beside the prediction is the probability of that label.", "有标签预测错误的行，最自信的在前；预测旁为该错误标签的概率。"},
	"errors":              {"Largest errors", "最大的误差"},
	"errors_note":         {"The rows whose prediction lies farthest from the truth: often wrong labels, sometimes what the model cannot see.", "预测值与真实值相差最大的行：常为标注错误，有时是模型看不到的东西。"},
	"off":                 {"off by %s", "误差 %s"},
	"true":                {"true", "真实"},
	"predicted":           {"predicted", "预测"},
	"left_out":            {"not shown: the report's size limit is reached", "未显示：已达到报告大小上限"},
	"missing":             {"missing", "缺失"},

	"data":            {"Data", "数据"},
	"dataset":         {"Data set", "数据集"},
	"task":            {"Task", "任务"},
	"task_class":      {"classification", "分类"},
	"task_multilabel": {"multi-label", "多标签"},
	"task_regression": {"regression", "回归"},
	"splits":          {"Splits", "划分"},
	"classes":         {"Classes", "类别"},
	"classes_plot":    {"Rows per class", "各类别行数"},
	"modalities":      {"Modalities", "模态"},
	"missing_rows":    {"Missing", "缺失"},
	"problems":        {"Problems found in the data", "数据中发现的问题"},
	"more":            {"… and %d more", "……另有 %d 条"},

	"run":         {"What was run", "运行信息"},
	"version":     {"Version", "版本"},
	"machine":     {"Machine", "机器"},
	"command":     {"Command to repeat it", "重现命令"},
	"folds":       {"Folds", "折数"},
	"split":       {"Split", "划分"},
	"official":    {"as the data give it", "数据自带"},
	"seed":        {"Seed", "随机种子"},
	"repeated":    {"%d repetitions", "重复 %d 次"},
	"first_seed":  {"Shown is the first of %d seeds, so that every test row counts once.", "此处取 %d 个随机种子中的第一个，使每个测试行只计一次。"},
	"first_curve": {"The sets are those of all %d seeds, the curve and its table of the first.", "预测集取全部 %d 个随机种子，曲线及其数据表取第一个。"},
	"noise_rows":  {"noise curves: %d of %d rows, drawn at random", "噪声曲线：随机抽取 %d 行（共 %d 行）"},
	"by_folds":    {"%d folds", "%d 折"},
	"n_rows":      {"%d rows", "%d 行"},
	"n_classes":   {"%d classes", "%d 个类别"},
	"span":        {"interval", "区间"},
	"seconds":     {"Time", "用时"},
	"notes":       {"Notes", "备注"},
	"made":        {"Made by fusor. This file needs no network.", "由 fusor 生成。本文件无需联网。"},

	"unit_severity (0–1)": {"severity (0–1)", "强度（0–1）"},
	"unit_100 − quality":  {"100 − quality", "100 − 质量"},
	"unit_−SNR (dB)":      {"−SNR (dB)", "−信噪比（dB）"},
	"unit_σ (px)":         {"σ (px)", "σ（像素）"},

	"kind_text":     {"text", "文本"},
	"kind_image":    {"image", "图像"},
	"kind_audio":    {"audio", "音频"},
	"kind_video":    {"video", "视频"},
	"kind_number":   {"number", "数值"},
	"kind_category": {"category", "类目"},
	"kind_table":    {"table", "表格"},
	"kind_vector":   {"vector", "向量"},
	"kind_date":     {"date", "日期"},
	"kind_bool":     {"yes or no", "是否"},

	"noise_typos":         {"typing errors", "错别字"},
	"noise_dropped_words": {"dropped words", "丢词"},
	"noise_gaussian":      {"Gaussian noise", "高斯噪声"},
	"noise_blur":          {"blur", "模糊"},
	"noise_occlusion":     {"occlusion", "遮挡"},
	"noise_jpeg":          {"JPEG compression", "JPEG 压缩"},
	"noise_white_noise":   {"white noise", "白噪声"},
	"noise_clipping":      {"clipping", "削波"},
	"noise_dropped_spans": {"dropped spans", "丢失片段"},
	"noise_missing":       {"missing", "缺失"},
	"noise_all":           {"every modality's own noise", "各模态自身的噪声"},
}

// speaker writes words in one language: 0 English, 1 Chinese.
type speaker int

func speakerOf(lang string) speaker {
	if lang == "zh" {
		return 1
	}
	return 0
}

func (s speaker) lang() string { return [...]string{"en", "zh"}[s] }

// htmlLang is the value of the page's lang attribute.
func (s speaker) htmlLang() string { return [...]string{"en", "zh-CN"}[s] }

// say returns the string of a key, filled in with args if there are any.
func (s speaker) say(key string, args ...any) string {
	w, ok := words[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return w[s]
	}
	return fmt.Sprintf(w[s], args...)
}

// named translates a name of a known vocabulary ("kind_", "noise_") and leaves
// others as they are.
func (s speaker) named(prefix, name string) string {
	if w, ok := words[prefix+name]; ok {
		return w[s]
	}
	return name
}
