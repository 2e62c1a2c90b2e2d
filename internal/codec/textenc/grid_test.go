package textenc

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// texts are a few sentences such as tables hold, of each language.
var texts = map[string][]string{
	"German":      {"Größe und Qualität sind in Ordnung", "Lieferung kam zu spät, würde ich nicht mehr bestellen", "Schöne Farbe, fühlt sich gut an", "Der Verkäufer war unfreundlich und hat nicht zurückgerufen", "Für den Preis völlig ausreichend", "Übrigens: Straße stimmt nicht"},
	"French":      {"Très élégant, je suis ravie", "La qualité n'est pas à la hauteur du prix", "Reçu en deux jours, emballage soigné", "Déçu par la matière, ça gratte", "Un cadeau idéal pour ma mère", "Où est passée ma commande ?"},
	"Spanish":     {"El envío llegó rápido y en perfecto estado", "No me gustó el tamaño, es muy pequeño", "¿Por qué tardan tanto?", "La señora de la tienda fue muy amable", "Cómodo y barato, lo recomendaría"},
	"Portuguese":  {"Não gostei da cor, é muito escura", "A entrega foi rápida e o produto é ótimo", "Recomendo, a qualidade é excelente", "O botão não funciona desde o começo", "Atenção: não compre esta versão"},
	"Italian":     {"La qualità è ottima, però costa troppo", "Perché non è arrivato?", "Più bello di così non si può", "Città e libertà"},
	"Swedish":     {"Färgen är fin men storleken är för liten", "Jättebra, köper gärna igen", "Det tog två veckor att få hem den", "Dåligt material, gick sönder"},
	"Danish":      {"Størrelsen er for lille, men farven er pæn", "Jeg køber gerne igen, god kvalitet på tøjet", "Det går i stykker efter få dage", "Æsken var ødelagt"},
	"Polish":      {"Świetna jakość, szybka dostawa", "Rozmiar jest za mały, będę zwracać", "Nie polecam, źle się nosi", "Kolor inny niż na zdjęciu, jestem zawiedziona", "Płaszcz ciepły i wygodny, dziękuję"},
	"Czech":       {"Velmi příjemný materiál, doporučuji", "Zboží dorazilo poškozené, žádám o vrácení peněz", "Velikost sedí, barva je hezčí než na fotce", "Už nikdy více, špatná kvalita", "Všechno v pořádku, děkuji"},
	"Hungarian":   {"Nagyon jó minőség, gyorsan megérkezett", "A mérete túl kicsi, vissza kellett küldenem", "Gyönyörű szín, örülök neki", "Sajnos rossz vétel volt, nem ajánlom senkinek", "Köszönöm, tökéletes lett"},
	"Turkish":     {"Çok güzel bir ürün, tavsiye ederim", "Kargo çok yavaştı, ürün kırık geldi", "Fiyatına göre iyi, ama kumaşı ince", "İade etmek istiyorum, beğenmedim", "Şahane, aynısından bir daha alacağım"},
	"Russian":     {"Очень хорошее качество, доставка быстрая", "Размер мал, пришлось вернуть", "Цвет не такой, как на фото", "Не рекомендую, ткань плохая", "Спасибо продавцу, всё понравилось"},
	"Ukrainian":   {"Дуже гарна якість, швидка доставка", "Розмір замалий, довелося повернути", "Колір не такий, як на фото", "Не раджу купувати, тканина погана", "Дякую продавцю, все сподобалося"},
	"Bulgarian":   {"Много добро качество, бърза доставка", "Размерът е малък, наложи се да го върна", "Цветът е различен от снимката", "Не препоръчвам, платът е лош"},
	"Greek":       {"Πολύ καλή ποιότητα, γρήγορη παράδοση", "Το μέγεθος είναι μικρό, το επέστρεψα", "Το χρώμα δεν είναι όπως στη φωτογραφία", "Δεν το προτείνω σε κανέναν"},
	"Hebrew":      {"איכות מצוינת ומשלוח מהיר", "המידה קטנה מדי והחזרתי", "הצבע לא כמו בתמונה", "לא ממליץ בכלל"},
	"Arabic":      {"جودة ممتازة وتوصيل سريع", "المقاس صغير جدا وقمت بإرجاعه", "اللون ليس كما في الصورة", "لا أنصح به أبدا"},
	"Thai":        {"คุณภาพดีมาก ส่งเร็ว", "ขนาดเล็กไป ต้องส่งคืน", "สีไม่เหมือนในรูป", "ไม่แนะนำให้ซื้อเลย"},
	"Simplified":  {"质量很好，送货也快", "尺码偏小，只能退货", "颜色和照片不一样，很失望", "不推荐购买，布料太差", "味道不错，下次还会再来"},
	"Traditional": {"品質很好，出貨也快", "尺寸偏小，只能退貨", "顏色和照片不一樣，很失望", "不推薦購買，布料太差", "味道不錯，下次還會再來"},
	"Japanese":    {"品質がとても良く、発送も早かったです", "サイズが小さいので返品しました", "写真と色が違って残念です", "おすすめできません", "また買いたいと思います"},
	"Korean":      {"품질이 아주 좋고 배송도 빨라요", "사이즈가 작아서 반품했습니다", "사진과 색상이 달라서 실망했어요", "추천하지 않습니다", "다음에 또 구매하고 싶어요"},
	"Latvian":     {"Ļoti laba kvalitāte, ātra piegāde", "Izmērs par mazu, nācās sūtīt atpakaļ", "Krāsa nav tāda kā bildē, žēl", "Neiesaku, šķidrs audums", "Paldies, viss kārtībā, ņemšu vēl"},
	"Estonian":    {"Väga hea kvaliteet, kiire tarne", "Suurus on liiga väike, pidin tagastama", "Värv ei ole nagu pildil, kahju küll", "Ei soovita, õmblused lagunesid", "Žanr ja režii meeldisid, šokolaad ka"},
	"Croatian":    {"Vrlo dobra kvaliteta, brza dostava", "Veličina je premala, morao sam vratiti", "Boja nije kao na slici, šteta", "Ne preporučujem, loša tkanina, žao mi je", "Sljedeći put ću naručiti veći, hvala što ste odgovorili tako brzo, vrlo uslužni ljudi, također žena"},
	"Macedonian":  {"Многу добар квалитет, брза достава", "Големината е мала, морав да го вратам", "Бојата не е како на сликата", "Не препорачувам, ткаенината е лоша", "Ќе купам пак, ѓаволски убаво"},
	"Lithuanian":  {"Labai gera kokybė, greitas pristatymas", "Dydis per mažas, teko grąžinti", "Spalva ne tokia kaip nuotraukoje, gaila", "Nerekomenduoju, audinys blogas, šiek tiek brangu ačiū"},
}

// usual are the encodings that tables of a language come in.
var usual = map[string][]string{
	"German": {"windows-1252", "iso-8859-1", "macintosh", "IBM850"}, "French": {"windows-1252", "iso-8859-1", "macintosh", "IBM850"}, "Spanish": {"windows-1252", "macintosh", "IBM850"},
	"Portuguese": {"windows-1252", "macintosh"}, "Italian": {"windows-1252", "macintosh"}, "Swedish": {"windows-1252", "IBM850"}, "Danish": {"windows-1252"},
	"Polish": {"windows-1250", "iso-8859-2"}, "Czech": {"windows-1250", "iso-8859-2"}, "Hungarian": {"windows-1250", "iso-8859-2"}, "Turkish": {"windows-1254"},
	"Russian": {"windows-1251", "koi8-r", "IBM866", "iso-8859-5"}, "Ukrainian": {"windows-1251", "koi8-u", "iso-8859-5"}, "Bulgarian": {"windows-1251"}, "Greek": {"windows-1253"}, "Hebrew": {"windows-1255"}, "Arabic": {"windows-1256", "iso-8859-6"}, "Thai": {"windows-874"},
	"Simplified": {"gb18030", "gbk"}, "Traditional": {"big5", "gbk"}, "Japanese": {"shift_jis", "euc-jp", "iso-2022-jp"}, "Korean": {"euc-kr"}, "Lithuanian": {"windows-1257"},
}

// older are encodings of before the web. A table of a few sentences is enough to know them by, a
// sentence is not.
var older = map[string][]string{
	"Polish": {"IBM852"}, "Czech": {"IBM852"}, "Hungarian": {"IBM852"}, "Croatian": {"windows-1250", "iso-8859-2", "IBM852"},
	"Russian": {"x-mac-cyrillic"}, "Ukrainian": {"x-mac-cyrillic", "IBM866"}, "Bulgarian": {"x-mac-cyrillic", "IBM866", "iso-8859-5"}, "Macedonian": {"windows-1251", "x-mac-cyrillic", "iso-8859-5"},
	"Greek": {"iso-8859-7"}, "Hebrew": {"iso-8859-8"}, "Turkish": {"iso-8859-9"},
	"Lithuanian": {"iso-8859-4", "iso-8859-13"}, "Latvian": {"windows-1257", "iso-8859-4", "iso-8859-13"}, "Estonian": {"windows-1257", "iso-8859-4", "iso-8859-13", "iso-8859-15"},
	"German": {"IBM437"}, "French": {"IBM437"}, "Spanish": {"IBM437"}, "Swedish": {"IBM437"}, "Danish": {"IBM850", "macintosh"},
}

func TestOlderEncodings(t *testing.T) {
	for lang, names := range older {
		for _, name := range names {
			english := strings.Repeat("7,good,\"a plain sentence in English\",3.5\n", 300)
			for what, text := range map[string]string{"a table": table(append(texts[lang], texts[lang]...)), "amid English": table(texts[lang]) + english} {
				data, err := encoding.ReplaceUnsupported(named(t, name).NewEncoder()).String(text)
				if err != nil {
					t.Fatal(err)
				}
				want, err := named(t, name).NewDecoder().String(data)
				if err != nil {
					t.Fatal(err)
				}
				if got, r, err := Decode(data); err != nil || got != want {
					t.Errorf("%s in %s, %s: read as %v (rival %q): %v: %.160q", lang, name, what, r, r.Rival, err, got)
				}
			}
		}
	}
}

// TestForeignSigns reads Dutch and German with quotes that are letters in other code pages.
func TestForeignSigns(t *testing.T) {
	var dutch, german []string
	for i := range 100 {
		dutch = append(dutch, fmt.Sprintf("Voer een geldige ‘slug’ in, reëel getal of coördinaat %d", i), fmt.Sprintf("De waarde van ‘%d’ is te groot", i))
		german = append(german, fmt.Sprintf("Die Größe „%d“ ist nicht erlaubt, bitte „prüfen“", i))
	}
	for _, sentences := range [][]string{dutch, german} {
		for _, name := range []string{"windows-1252", "macintosh"} {
			want := table(sentences)
			data, err := named(t, name).NewEncoder().String(want)
			if err != nil {
				t.Fatal(err)
			}
			if got, r, err := Decode(data); err != nil || got != want {
				t.Errorf("%s: read as %v: %v: %.160q", name, r, err, got)
			}
		}
	}
}

func named(t testing.TB, name string) encoding.Encoding {
	t.Helper()
	switch name {
	case "IBM850":
		return charmap.CodePage850
	case "IBM852":
		return charmap.CodePage852
	case "IBM437":
		return charmap.CodePage437
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return enc
}

// table lays sentences out as a manifest.
func table(sentences []string) string {
	var b strings.Builder
	b.WriteString("id,label,text,price\n")
	for i, s := range sentences {
		fmt.Fprintf(&b, "%d,%s,\"%s\",%d.5\n", i, []string{"good", "bad"}[i%2], s, 3*i)
	}
	return b.String()
}

// Every language in every encoding that its tables come in must be read to the character, from a
// table of a few sentences, at either end of a long table in English, and but for a few, which are
// in doubt and said to be, from a single sentence.
func TestLanguagesByEncodings(t *testing.T) {
	wrong, single, doubts := 0, 0, 0
	for lang, names := range usual {
		for _, name := range names {
			encode := func(text string) string {
				out, err := encoding.ReplaceUnsupported(named(t, name).NewEncoder()).String(text)
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			f := func(what, text string) (right bool, rival Encoding) {
				want, err := named(t, name).NewDecoder().String(encode(text))
				if err != nil {
					t.Fatal(err)
				}
				got, r, err := Decode(encode(text))
				if err != nil || got != want {
					t.Logf("%s in %s, %s: read as %v (rival %q): %v: %.120q", lang, name, what, r, r.Rival, err, got)
					return false, r.Rival
				}
				return true, ""
			}
			english := strings.Repeat("7,good,\"a plain sentence in English\",3.5\n", 3000)
			for what, text := range map[string]string{"a table": table(texts[lang]), "amid English": table(texts[lang]) + english, "after English": "id,label,text,price\n" + english + table(texts[lang])} {
				if right, _ := f(what, text); !right {
					wrong++
				}
			}
			for _, s := range texts[lang] {
				if utf8.RuneCountInString(s)+1 < len(s) {
					single++
					if right, rival := f("one sentence", table([]string{s})); !right {
						doubts++
						if plainName(string(rival)) != plainName(name) { // said as the other that it may be
							wrong++
						}
					}
				}
			}
		}
	}
	t.Logf("of %d single sentences %d were read in the second best encoding", single, doubts)
	if wrong > 0 || doubts > single/40 {
		t.Errorf("%d texts were read in another encoding", wrong)
	}
}

// What needs no statistics must be read from any text.
func TestCertainEncodings(t *testing.T) {
	f := func(name, text string, want Encoding) {
		t.Helper()
		data, _, err := transform.String(encoderOf(t, name), text)
		if err != nil {
			t.Fatal(err)
		}
		got, r, err := Decode(data)
		if err != nil || got != text || r.Encoding != want {
			t.Errorf("%s of %q: read as %v: %q, %v", name, text, r.Encoding, got, err)
		}
		whole, _, err := NewReader(strings.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(whole); err != nil || string(got) != text {
			t.Errorf("%s of %q as a stream: %q, %v", name, text, got, err)
		}
	}
	for _, sentences := range texts {
		f("utf-32le", table(sentences), UTF32LE)
		f("utf-32be", table(sentences), UTF32BE)
	}
	f("utf-32le", "a", UTF32LE)
	f("iso-2022-jp", table(texts["Japanese"]), ISO2022JP)
	f("iso-2022-jp", "id,label\n1,良い\n", ISO2022JP)
	f("iso-8859-15", "id,text\n1,Größe gut, 5 €\n2,sehr schön\n", ISO885915)
	f("windows-1252", "id,text\n1,Größe gut, 5 €\n2,sehr schön\n", Windows1252)
	f("windows-1252", "id,text\n1,½ cup of flour\n2,¾ of it and ¼ more\n", Windows1252)
	for _, sign := range "£€½¼¾°©®™µ±²³×÷¢¥§«»–—…“”‘’•" {
		f("windows-1252", fmt.Sprintf("id,text\n1,the sign %c alone\n2,of %c it and %c more\n", sign, sign, sign), Windows1252)
	}
	f("windows-1252", "id,text\n1,set to 20°C\n2,costs £5.50\n3,a 5µm filter\n", Windows1252)
	f("utf-8", "id,text\n1,\x1b[31mred\x1b[0m and \x1b$ five\n", UTF8) // a terminal's colors
}

func encoderOf(t *testing.T, name string) transform.Transformer {
	switch name {
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM).NewEncoder()
	case "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM).NewEncoder()
	}
	return named(t, name).NewEncoder()
}

func TestDecodeAs(t *testing.T) {
	f := func(name, data, want string) {
		t.Helper()
		got, _, err := DecodeTo(data, name, nil)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	f("latin1", "gr\xf6\xdfe", "größe")
	f("ISO-8859-15", "5 \xa4", "5 €")
	f("cp1252", "\x80", "€")
	f("CP1251", "\xcf\xf0", "Пр")
	f("gbk", "\xba\xc3", "好")
	f("utf8", "\xef\xbb\xbfé", "é")
	f("UTF-16LE", "\xff\xfea\x00", "a")
	f("IBM437", "\x81", "ü")
	f("", "é", "é")
	if _, _, err := DecodeTo("a", "klingon", nil); err == nil {
		t.Error("klingon is known")
	}
}

func FuzzDecodeAs(f *testing.F) {
	f.Add("gr\xf6\xdfe", "")
	f.Add("\xba\xc3\xff\x00a", "gbk")
	f.Add("\xff\xfea\x00", "utf-16")
	f.Fuzz(func(t *testing.T, data, name string) {
		text, r, err := DecodeTo(data, name, nil)
		if err == nil && !utf8.ValidString(text) {
			t.Fatalf("%v: not UTF-8: %q", r, text)
		}
	})
}
