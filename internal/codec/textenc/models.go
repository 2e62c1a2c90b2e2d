package textenc

import (
	"math"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// legacy is an encoding that only the statistics of what it decodes to tell apart from others.
type legacy struct {
	name  Encoding
	enc   encoding.Encoding
	prior float64 // log probability that a table is in it, up to a constant
	model func() model
}

// legacies are the encodings that are guessed at, the more usual before those that read most texts
// alike.
var legacies = []legacy{
	{GB18030, simplifiedchinese.GB18030, 0, once(chinese)},
	{Windows1252, charmap.Windows1252, 0, once(letters(western...))},
	{Windows1251, charmap.Windows1251, -1, once(letters(cyrillic...))},
	{ShiftJIS, japanese.ShiftJIS, -1, once(shiftJIS)},
	{Big5, traditionalchinese.Big5, -1, once(big5)},
	{EUCKR, korean.EUCKR, -1, once(hangul)},
	{Windows1250, charmap.Windows1250, -1, once(letters(central...))},
	{Windows1253, charmap.Windows1253, -2, once(letters(greek))},
	{Windows1254, charmap.Windows1254, -2, once(letters(turkish))},
	{Windows1255, charmap.Windows1255, -2, once(letters(hebrew))},
	{Windows1256, charmap.Windows1256, -2, once(letters(arabic))},
	{Windows1257, charmap.Windows1257, -3, once(letters(baltic...))},
	{Windows874, charmap.Windows874, -2, once(letters(thai))},
	{EUCJP, japanese.EUCJP, -2, once(eucJP)},
	{ISO88592, charmap.ISO8859_2, -3, once(letters(central...))},
	{KOI8R, charmap.KOI8R, -3, once(letters(cyrillic[:1]...))},
	{KOI8U, charmap.KOI8U, -4, once(letters(cyrillic[:2]...))},
	{ISO88595, charmap.ISO8859_5, -4, once(letters(cyrillic...))},
	{ISO88596, charmap.ISO8859_6, -4, once(letters(arabic))},
	{MacRoman, charmap.Macintosh, -5, once(letters(western...))},
	{IBM850, charmap.CodePage850, -5, once(letters(western...))},
	{IBM866, charmap.CodePage866, -5, once(letters(cyrillic[:1]...))},
	{ISO88597, charmap.ISO8859_7, -3, once(letters(greek))},
	{ISO885915, charmap.ISO8859_15, -4, once(letters(western...))},
	{ISO885913, charmap.ISO8859_13, -4, once(letters(baltic...))},
	{ISO88594, charmap.ISO8859_4, -5, once(letters(baltic...))},
	{MacCyrillic, charmap.MacintoshCyrillic, -5, once(letters(cyrillic...))},
	{IBM852, charmap.CodePage852, -5, once(letters(central...))},
	{IBM437, charmap.CodePage437, -6, once(letters(western...))},
}

func once(f func() model) func() model { return sync.OnceValue(f) }

// model is how probable the characters of an encoding's texts are, as logarithms.
type model struct {
	langs []map[rune]float64 // of each of the languages that share the encoding
	latin bool               // its letters stand among ASCII letters; other scripts' stand apart from these
	wide  bool               // most characters take two bytes, and no word has a case
}

// Logarithms of the probability of a character that no table holds, and of one that no text has.
var (
	logRare    = math.Log(1e-6)
	logNever   = math.Log(1e-12)
	logASCII   = math.Log(1.0 / 40)
	capital    = math.Log(0.06) // an upper-case letter against its lower-case one
	decay      = 0.9            // of the frequency of an alphabet's letters by their rank
	punctShare = 0.12
)

// The non-ASCII letters of languages, the most frequent first. Upper case is derived.
var (
	western = []string{
		"éèàêçâîôùûëïœ",   // French
		"üäößé",           // German
		"óíáéñúü",         // Spanish
		"ãçáéíóêõâúàô",    // Portuguese
		"èàùòìé",          // Italian
		"åäöé",            // Swedish, Finnish
		"åøæéö",           // Danish, Norwegian
		"íáðóéúöýþæ",      // Icelandic
		"ëéïèöüá",         // Dutch
		"àéèíòóçúïü",      // Catalan
		"õäöüšž",          // Estonian
		"áéíóúàèìòùâêîôû", // names in English text
	}
	central = []string{
		"ąęłóżśćńź",       // Polish
		"íáéěřžýčšůúňťďó", // Czech
		"áíéčýľšťžúňôďäó", // Slovak
		"áéöóőíüúű",       // Hungarian
		"ăîâţş",           // Romanian
		"čšžćđ",           // Croatian, Slovene
		"üäößé",           // German
	}
	baltic   = []string{"šėžčųįąūę", "āīēūšļžķņģč", "õäöüšž"} // Lithuanian, Latvian, Estonian
	cyrillic = []string{
		"оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
		"оанитвіреслкудпмзьягбчйхжшюїцщєфґ",
		"аоеитнрвсдлпкмзуягбъчцщхйжшфюь",
		"аоиенрствдукљпмјзгбћчшђхцњжџф",
	}
	greek   = "αοιετσνηυρπκμλςωάίγέόήδχθύώφβξζψϊϋ"
	turkish = "ıüşçöğâî"
	hebrew  = "יוהלארתבשםמנדקפעחכגצסטזןךףץ"
	arabic  = "اليمونرتبةعدسفهكقحجشطصىخإأءذثضغظئؤآ"
	thai    = "านรอกเงมยลวดทสต่้ีิัะปบคหแจพชขใไ์ื็ูุโผซธศภษณำญ"
)

// punctuation are marks that texts of any language have.
const punctuation = "«»“”‘’„–—…€£§°№™©®·•¿¡´ºª±²³½×\u00a0،؟؛"

// letters is the model of languages with alphabets.
func letters(langs ...string) func() model {
	return func() model {
		m := model{latin: strings.ContainsAny(langs[0], "éąüšı")}
		for _, lang := range langs {
			p := map[rune]float64{}
			total, share := 0.0, 1.0
			for range lang {
				total, share = total+share, share*decay
			}
			share = 1
			for _, r := range lang {
				p[r] = math.Log(share / total * (1 - punctShare))
				if u := unicode.ToUpper(r); u != r {
					p[u] = p[r] + capital
				}
				share *= decay
			}
			if lang == turkish {
				p['İ'] = p['ı'] + capital
			}
			marks := []rune(punctuation)
			for _, r := range marks {
				if _, letter := p[r]; !letter {
					p[r] = math.Log(punctShare / float64(len(marks)))
				}
			}
			m.langs = append(m.langs, p)
		}
		return m
	}
}

// codes returns a class of an encoding's double-byte characters a share of its text.
type codes struct {
	lead, trail [2]byte
	share       float64
}

// doubleByte is the model of an encoding with characters of two bytes: classes of codes by how
// usual they are, which is how these encodings are laid out, and the most frequent characters.
func doubleByte(enc encoding.Encoding, frequent, marks string, classes ...codes) model {
	p := map[rune]float64{}
	decoder := enc.NewDecoder()
	for _, c := range classes {
		var runes []rune
		for lead := int(c.lead[0]); lead <= int(c.lead[1]); lead++ {
			for trail := int(c.trail[0]); trail <= int(c.trail[1]); trail++ {
				if s, err := decoder.String(string([]byte{byte(lead), byte(trail)})); err == nil {
					if r := []rune(s); len(r) == 1 && r[0] != unicode.ReplacementChar && r[0] >= 0x80 {
						runes = append(runes, r[0])
					}
				}
			}
		}
		for _, r := range runes {
			if _, seen := p[r]; !seen {
				p[r] = math.Log(c.share / float64(len(runes)))
			}
		}
	}
	spread(p, frequent, 0.4)
	spread(p, marks, 0.15)
	return model{langs: []map[rune]float64{p}, wide: true}
}

// spread divides a share evenly among characters.
func spread(p map[rune]float64, chars string, share float64) {
	n := float64(len([]rune(chars)))
	for _, r := range chars {
		p[r] = math.Log(share / n)
	}
}

const wideMarks = "，。、！？：；（）《》“”‘’…—～·「」『』　"

const hanFrequent = "的一是不了在人有我他中上大和地到以就出可也你生能而子那得下自之年作用道行所家事成方多去法如都同面起看定天分好小部其些主理心她本前但因只想日意力它把十民第公此已工使情明性知全三又正外高由很最重物手向文美相被利什二等或新己身果加西月合回特代信表化老世位次度任常先海通教原立及比解水名真走各入口平系活更打女四神何安少才反受目太量再感做接必件期市直命山金指"

func chinese() model {
	return doubleByte(simplifiedchinese.GB18030,
		hanFrequent+"这个们来为国说时要会对于着过发后里然种经么学现当没动还进样开从实军者无与长机关点业将两间问并应战头体政见产制话内给门东声提员论处义几认条气题尔别变总电数报结建务场计管资服务快送餐味吃店菜质买",
		wideMarks,
		codes{[2]byte{0xb0, 0xd7}, [2]byte{0xa1, 0xfe}, 0.4},   // GB 2312, level 1
		codes{[2]byte{0xd8, 0xf7}, [2]byte{0xa1, 0xfe}, 0.012}, // level 2
		codes{[2]byte{0xa1, 0xa9}, [2]byte{0xa1, 0xfe}, 0.006}, // marks and other scripts
		codes{[2]byte{0x81, 0xfe}, [2]byte{0x40, 0xfe}, 0.004}, // GBK
	)
}

func big5() model {
	return doubleByte(traditionalchinese.Big5,
		hanFrequent+"這個們來為國說時要會對於著過發後裡然種經麼學現當沒動還進樣開從實軍者無與長機關點業將兩間問並應戰頭體政見產制話內給門東聲提員論處義幾認條氣題別變總電數報結建務場計管資",
		wideMarks,
		codes{[2]byte{0xa4, 0xc6}, [2]byte{0x40, 0xfe}, 0.4}, // level 1
		codes{[2]byte{0xc9, 0xf9}, [2]byte{0x40, 0xfe}, 0.02},
		codes{[2]byte{0xa1, 0xa3}, [2]byte{0x40, 0xfe}, 0.01},
		codes{[2]byte{0x87, 0xfe}, [2]byte{0x40, 0xfe}, 0.001},
	)
}

const kanjiFrequent = "日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回新場金員九入選立開手米力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法不来作性的要用制治度務強気小七成期公野協取都和統以機平総加山思家話世受区領多県続進正安設保改数記院女初北午指権心界支第産結百派点教報済書府活原先共得解名交資予向際勝面文反元重近千考認画海参売利組知道信集件団別物任引使求所次水半品論計死感特情投示変打男私各始直両朝価式確提運終果西減広容必電住能無再位置真流格有口過局少放常校料味店食美"

const kana = "のにはをたがでてとしれさあいうなもるかりきくすまらこんっだよえおそちつどけせわほみめやゆげごじばびべぶずー・"

// japaneseClasses adds the kana, which make half of any Japanese text, to the classes of kanji.
func japaneseModel(enc encoding.Encoding, classes ...codes) model {
	m := doubleByte(enc, kanjiFrequent, wideMarks+"〜", classes...)
	p := m.langs[0]
	for r := 'ぁ'; r <= 'ん'; r++ {
		p[r] = math.Log(0.05 / 83)
	}
	for r := 'ァ'; r <= 'ヶ'; r++ {
		p[r] = math.Log(0.12 / 86)
	}
	spread(p, kana, 0.4)
	for r := '｡'; r <= 'ﾟ'; r++ { // of one byte in Shift JIS, and hardly ever used
		p[r] = math.Log(0.003 / 63)
	}
	return m
}

func shiftJIS() model {
	return japaneseModel(japanese.ShiftJIS,
		codes{[2]byte{0x88, 0x97}, [2]byte{0x40, 0xfc}, 0.2}, // JIS X 0208, level 1
		codes{[2]byte{0x98, 0xea}, [2]byte{0x40, 0xfc}, 0.008},
		codes{[2]byte{0x81, 0x87}, [2]byte{0x40, 0xfc}, 0.01},
		codes{[2]byte{0xed, 0xfc}, [2]byte{0x40, 0xfc}, 0.001},
	)
}

func eucJP() model {
	return japaneseModel(japanese.EUCJP,
		codes{[2]byte{0xb0, 0xcf}, [2]byte{0xa1, 0xfe}, 0.2},
		codes{[2]byte{0xd0, 0xf4}, [2]byte{0xa1, 0xfe}, 0.008},
		codes{[2]byte{0xa1, 0xaf}, [2]byte{0xa1, 0xfe}, 0.01},
	)
}

func hangul() model {
	return doubleByte(korean.EUCKR,
		"이다의는에을가고한하지로를은사기서도대자나리시어인해정아라일수스과부그보주장전제것들니있상면적조원게국안공만동유구었성여으세연치경년화신와생비중무선오트물소내교말문미관용학우개실당재민방산때행습회위명계단출까마영드결모음발요할금분통된거차석업좋맛",
		"“”‘’…·～",
		codes{[2]byte{0xb0, 0xc8}, [2]byte{0xa1, 0xfe}, 0.5}, // the syllables of KS X 1001
		codes{[2]byte{0xca, 0xfd}, [2]byte{0xa1, 0xfe}, 0.002},
		codes{[2]byte{0xa1, 0xac}, [2]byte{0xa1, 0xfe}, 0.01},
		codes{[2]byte{0x81, 0xc6}, [2]byte{0x41, 0xfe}, 0.005},
	)
}
