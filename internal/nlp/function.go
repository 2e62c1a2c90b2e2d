package nlp

import "strings"

// EnglishFunctionWords are the words that carry grammar rather than content:
// articles, pronouns, prepositions, conjunctions, auxiliaries, negations, degree
// words. The list follows the closed word classes of Quirk et al., A Comprehensive
// Grammar of the English Language (1985).
var EnglishFunctionWords = strings.Fields(`
a an the this that these those some any no every each all both either neither
i me my mine you your he him his she her it its we us our they them their
who what which when where why how there here
be am is are was were been being have has had having do does did doing done
can could will would shall should may might must
not don't doesn't didn't isn't wasn't won't can't cannot couldn't wouldn't never nothing none nor
and or but if because although though while so than as unless until since whether however
of in to for with on at by from up about into over after under between through before during without against off out down
very too more most less least just only even also still again really quite rather such much many few little enough almost
now then always often sometimes ever yet already soon
one two first last other another same own well back like let yes oh please`)

// ChineseFunctionCharacters are the particles, pronouns, negations, adverbs,
// prepositions and measure words that Chinese grammar (Chao, A Grammar of Spoken
// Chinese, 1968) treats as function words and that one character can stand for.
var ChineseFunctionCharacters = strings.Fields(`
的 了 是 不 在 有 我 你 他 她 它 们 这 那 和 与 也 就 都 而 及 着 过 地 得 很 太 更 最 还 又 再 才 只
没 无 别 被 把 给 让 对 从 到 向 以 为 于 因 所 但 如 虽 且 或 吗 呢 吧 啊 呀 啦 哦 嘛 哈 个 些 点 次 会 能 可 要 想 该 好 真 等 什 么 怎 谁 哪 几 多 少 上 下 里 前 后 中`)

// PunctuationMarks are the characters whose rates the syntactic view measures,
// after NFKC: full-width marks have become ASCII, the ellipsis three dots.
var PunctuationMarks = strings.Fields(`. , ; : ? ! ' " ( ) [ ] - _ / \ & % $ # @ * + = < > ~ ^ | 。 、 《 》 「 」 — – · ‘ ’ “ ”`)
