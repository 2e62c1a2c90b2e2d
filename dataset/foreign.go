package dataset

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// foreign is a format of tables that is not read.
type foreign struct {
	at         int    // where magic is
	magic, ext string // its first bytes, of tags whatever the case of letters; or its ending
	what       string
	advice     string
}

// What to do with files of other programs.
const (
	unpackAdvice = "unpack it, and give the table or the folder"
	repackAdvice = "unpack it, or pack it as .gz or .zst"
	saveAdvice   = "save it as .xlsx or .csv"
	exportAdvice = "export the table as .csv"
	rAdvice      = `write it as CSV in R: write.csv(x, "table.csv", row.names = FALSE)`
	htmlAdvice   = "download the file itself, or open it in a spreadsheet and save it as .csv"
	matAdvice    = `write it as CSV in MATLAB: writetable(T, "table.csv")`
	linesAdvice  = "write it as .csv or JSON lines"
)

// foreigns are told apart by their bytes, or by their ending. Bytes come first.
var foreigns = []foreign{
	{0, "SQLite format 3\x00", "", "an SQLite database", `export the table: sqlite3 -header -csv FILE "select * from TABLE" > table.csv`},
	{8, "DUCK", "", "a DuckDB database", `export the table: duckdb FILE -c "copy TABLE to 'table.parquet'"`},
	{0, "\x00\x01\x00\x00Standard", "", "an Access database", exportAdvice},
	{16, "\xde\xc0\xef\xbe", "", "an LMDB database", linesAdvice},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", "an Excel file of the old kind (.xls), or one with a password", "save it as .xlsx or .csv, without a password"},
	{38, "application/vnd.oasis.opendocument.spreadsheet", "", "an OpenDocument spreadsheet", saveAdvice},
	{0, "ARROW1\x00\x00", "", "an Arrow or Feather file", `write it as Parquet: pandas.read_feather("FILE").to_parquet("table.parquet")`},
	{0, "FEA1", "", "a Feather file", `write it as Parquet: pandas.read_feather("FILE").to_parquet("table.parquet")`},
	{0, "PARE", "", "an encrypted Parquet file", "write it without encryption"},
	{0, "MATLAB 5.0 MAT-file", "", "a MATLAB file", matAdvice},
	{0, "MATLAB 7.3 MAT-file", "", "a MATLAB file", matAdvice},
	{0, "\x89HDF\r\n\x1a\n", "", "an HDF5 file", `write it as Parquet: pandas.read_hdf("FILE").to_parquet("table.parquet")`},
	{0, "$FL2", "", "an SPSS file", `write it as CSV: pandas.read_spss("FILE").to_csv("table.csv", index=False)`},
	{0, "$FL3", "", "an SPSS file", `write it as CSV: pandas.read_spss("FILE").to_csv("table.csv", index=False)`},
	{0, "<stata_dta>", "", "a Stata file", `write it as CSV: pandas.read_stata("FILE").to_csv("table.csv", index=False)`},
	{12, "\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c", "", "a SAS file", `write it as CSV: pandas.read_sas("FILE").to_csv("table.csv", index=False)`},
	{7, "RECORD*******LIB", "", "a SAS file", `write it as CSV: pandas.read_sas("FILE").to_csv("table.csv", index=False)`},
	{0, "RDX", "", "an R file", rAdvice},
	{0, "RDA2\n", "", "an R file", rAdvice},
	{0, "X\n\x00\x00\x00", "", "an R file", rAdvice},
	{0, "", ".rds", "an R file", rAdvice},
	{0, "", ".rdata", "an R file", rAdvice},
	{0, "ORC", "", "an ORC file", `write it as Parquet: pandas.read_orc("FILE").to_parquet("table.parquet")`},
	{0, "Obj\x01", "", "an Avro file", "write it as Parquet or JSON lines"},
	{0, "%PDF", "", "a PDF", "copy the table to a .csv file"},
	{0, `{\rtf`, "", "a text document", "copy the table to a .csv file"},
	{0, "<!DOCTYPE html", "", "a web page", htmlAdvice},
	{0, "<html", "", "a web page", htmlAdvice},
	{0, "<head", "", "a web page", htmlAdvice},
	{0, "<meta", "", "a web page", htmlAdvice},
	{0, "<style", "", "a web page", htmlAdvice},
	{0, "<table", "", "a web page", htmlAdvice},
	{0, "version https://git-lfs", "", "a pointer of Git LFS to the file, not the file", "fetch it: git lfs pull"},
	{4, "1AY&SY", "", "a file packed by bzip2", repackAdvice},
	{0, "\xfd7zXZ\x00", "", "a file packed by xz", repackAdvice},
	{0, "\x04\x22\x4d\x18", "", "a file packed by lz4", repackAdvice},
	{0, "\x1f\x9d", "", "a file packed by compress", repackAdvice},
	{257, "ustar", "", "an archive", unpackAdvice},
	{0, "7z\xbc\xaf\x27\x1c", "", "an archive", unpackAdvice},
	{0, "Rar!\x1a\x07", "", "an archive", unpackAdvice},
	{0, "", ".pkl", "a Python pickle", `write it as Parquet: pandas.read_pickle("FILE").to_parquet("table.parquet")`},
	{0, "", ".pickle", "a Python pickle", `write it as Parquet: pandas.read_pickle("FILE").to_parquet("table.parquet")`},
	{0, "", ".mat", "a MATLAB file", matAdvice},
	{0, "", ".msgpack", "a MessagePack file", linesAdvice},
	{0, "", ".ods", "an OpenDocument spreadsheet", saveAdvice},
	{0, "", ".docx", "a text document", "copy the table to a .csv file"},
	{0, "", ".numbers", "a Numbers spreadsheet", saveAdvice},
	{0, "", ".xlsb", "a binary Excel file", saveAdvice},
	{0, "", ".por", "an SPSS file", `write it as CSV: pandas.read_spss("FILE").to_csv("table.csv", index=False)`},
	{0, "", ".dbf", "a dBASE file", saveAdvice},
	{0, "", ".npy", "a matrix without labels", "put it into a folder with labels.csv, and give the folder"},
	{0, "", ".npz", "matrices without labels", "put them into a folder with labels.csv, and give the folder"},
	{0, "", ".arff", "an ARFF file", "write it as CSV"},
	{0, "", ".sql", "a dump of a database", exportAdvice},
	{0, "", ".xml", "an XML file", linesAdvice},
	{0, "", ".yaml", "a YAML file", linesAdvice},
	{0, "", ".yml", "a YAML file", linesAdvice},
	{0, "", ".zip", "an archive", unpackAdvice},
}

// foreignFormat finds the format of what is no table that can be read; nil if there is none.
func foreignFormat(head []byte, ext string) *foreign {
	// Text may begin with a mark and blanks.
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	// A header may begin with the letters that a few formats begin with: orc_id, parent, fea1.
	letters := bytes.IndexByte(head, 0) < 0
	for i := range foreigns {
		f := &foreigns[i]
		end := f.at + len(f.magic)
		switch {
		case f.magic == "":
			if f.ext == ext && !bytes.HasPrefix(head, []byte("PAR1")) {
				return f
			}
		case f.magic[0] == '<':
			if len(text) >= end && strings.EqualFold(string(text[:end]), f.magic) {
				return f
			}
		case letters && len(f.magic) < 6 && f.magic[0] >= '0' && f.magic[0] <= 'z':
		case len(head) >= end && string(head[f.at:end]) == f.magic:
			return f
		}
	}
	switch {
	case isXML(text):
		if bytes.Contains(text, []byte("office:spreadsheet")) || bytes.Contains(text, []byte("Excel.Sheet")) {
			return &foreign{what: "an Excel file of XML", advice: saveAdvice}
		}
		return &foreign{what: "an XML file", advice: linesAdvice}
	case isArrowStream(head):
		return &foreign{what: "an Arrow stream", advice: `write it as Parquet: pyarrow.parquet.write_table(pyarrow.ipc.open_stream("FILE").read_all(), "table.parquet")`}
	case isOldStata(head):
		return &foreign{what: "a Stata file", advice: `write it as CSV: pandas.read_stata("FILE").to_csv("table.csv", index=False)`}
	case isTFRecord(head):
		return &foreign{what: "a TFRecord file", advice: linesAdvice}
	}
	return nil
}

func isXML(text []byte) bool { return bytes.HasPrefix(text, []byte("<?xml")) }

// isArrowStream reports whether bytes begin with an encapsulated message of the Arrow columnar
// format, behind the mark of its continuation: the length of its metadata, which is a multiple of
// 8, and a flatbuffer, which begins with the place of its root.
func isArrowStream(head []byte) bool {
	if len(head) < 12 || !bytes.HasPrefix(head, []byte{0xff, 0xff, 0xff, 0xff}) {
		return false
	}
	n, root := binary.LittleEndian.Uint32(head[4:]), binary.LittleEndian.Uint32(head[8:])
	return n > 0 && n%8 == 0 && n < 1<<24 && root > 0 && root < n
}

// isOldStata reports whether bytes begin as Stata wrote files up to version 12: a release, an order
// of bytes, the type of file and a zero.
func isOldStata(head []byte) bool {
	if len(head) < 8 || head[1] != 1 && head[1] != 2 || head[2] != 1 || head[3] != 0 {
		return false
	}
	switch head[0] {
	case 102, 103, 104, 105, 108, 110, 111, 112, 113, 114, 115:
		return true
	}
	return false
}

// isTFRecord reports whether bytes begin with the length of a record and its masked checksum.
func isTFRecord(head []byte) bool {
	if len(head) < 12 {
		return false
	}
	sum := crc32.Checksum(head[:8], crc32.MakeTable(crc32.Castagnoli))
	return binary.LittleEndian.Uint32(head[8:]) == (sum>>15|sum<<17)+0xa282ead8
}
