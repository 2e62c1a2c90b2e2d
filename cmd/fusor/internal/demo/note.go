package demo

import "strings"

// note writes what an observer noted: the size always, the color in half of
// the notes, the song never. Some notes are in Chinese, as observers are, or all of them.
func note(b bird, chinese bool) string {
	pick := func(words ...string) string { return words[b.rng.IntN(len(words))] }
	either := func(yes bool, a, z []string) string {
		if yes {
			return pick(a...)
		}
		return pick(z...)
	}
	if b.rng.Float64() < 0.3 || chinese {
		size := either(b.large, []string{"体型很大", "个头大", "比乌鸦还大"}, []string{"体型很小", "个头小", "比麻雀还小"})
		color := ""
		if b.rng.IntN(2) == 0 {
			color = "，" + either(b.ruby, []string{"羽毛红色", "胸口是红的"}, []string{"羽毛灰色", "全身灰色"})
		}
		return pick("早上在湖边看到一只", "树林里发现一只", "中午路过田野，见到一只") + size + color + "，" + pick("停了很久。", "很快飞走了。", "在枝头休息。")
	}
	size := either(b.large, []string{"a large one", "bigger than a crow", "quite heavy", "a big bird"}, []string{"a tiny one", "smaller than a sparrow", "very slight", "a little bird"})
	parts := []string{
		pick("Seen at the lake this morning", "In the old oak again", "Two minutes by the hedge", "Over the field at noon", "Caught sight of it near the barn"),
		size,
	}
	if b.rng.IntN(2) == 0 {
		parts = append(parts, either(b.ruby, []string{"reddish feathers", "a ruby breast", "red wings"}, []string{"grey feathers", "ash-coloured", "pale grey wings"}))
	}
	parts = append(parts, pick("wind from the west", "it stayed a while", "then gone", "not shy at all", "light rain"))
	return strings.Join(parts, ", ") + "."
}
