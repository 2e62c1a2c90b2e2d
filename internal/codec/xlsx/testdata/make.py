import openpyxl, datetime, xlsxwriter, json
from openpyxl.utils.datetime import CALENDAR_MAC_1904
out = __file__.rsplit("/", 1)[0] + "/"  # beside this script: pip install openpyxl xlsxwriter
def rows(ws):
    ws.append(["text","number","date","time","clock","flag","code","formula","error"])
    ws.append(["a <&> \"b\"\nc é 好 😀",0.1+0.2,datetime.date(2024,2,29),datetime.datetime(2024,2,29,13,5,59),datetime.time(7,30),True,42,"=1+1","#N/A"])
    ws.append([None,-1e-7,datetime.date(1950,1,1),datetime.datetime(1999,12,31,23,59,59),datetime.time(23,59,59),False,7,None,None])
    ws.append(["  blanks  ",12345678901234,None,None,None,None,123456,None,"ok"])
    for r in (2,3,4): ws.cell(r,7).number_format="00000"
    ws["I2"].data_type="e"
for mac in (0,1):
    wb=openpyxl.Workbook()
    if mac: wb.epoch=CALENDAR_MAC_1904
    ws=wb.active; ws.title="First"; rows(ws); o=wb.create_sheet("Other one"); o["B3"]="x"; o["D5"]=1
    wb.save(out+("mac1904.xlsx" if mac else "openpyxl.xlsx"))
wb=openpyxl.Workbook(); ws=wb.active
for r in (["A title"],["shop","n","label"],["north",1,"a"],[None,2,None],[None,3,"b"],["south",4,None],[None,None,None],[None,5,"a"],["wide",None,"b"]): ws.append(r)
for m in ("A1:C1","A3:A5","C3:C4","A6:A8","A9:B9"): ws.merge_cells(m)
wb.save(out+"merged.xlsx")
wb=xlsxwriter.Workbook(out+"xlsxwriter.xlsx"); ws=wb.add_worksheet("S")
f=lambda s: wb.add_format({'num_format':s})
ws.write_row(0,0,["rich","iso","german","us","clock","elapsed","percent","euro","text formula","number formula","bool formula","error formula","month","scientific"])
ws.write_rich_string(1,0,"a ",wb.add_format({'bold':1}),"bold"," word"); d=datetime.datetime(2024,2,3,4,5,6)
ws.write_datetime(1,1,d,f('yyyy-mm-dd')); ws.write_datetime(1,2,d,f('dd.mm.yyyy hh:mm')); ws.write_datetime(1,3,datetime.datetime(2024,2,3),f('m/d/yy')); ws.write_datetime(1,4,datetime.time(4,5,6),f('h:mm AM/PM')); ws.write_number(1,5,1.5,f('[h]:mm:ss'))
ws.write_number(1,6,0.12345,f('0.0%')); ws.write_number(1,7,10.555,f('[$€-407] #,##0.00;[Red]-#,##0.00')); ws.write_formula(1,8,'="x"&"y"',None,"xy"); ws.write_formula(1,9,'=1/4',None,0.25); ws.write_formula(1,10,'=1=1',None,True); ws.write_formula(1,11,'=1/0',None,'#DIV/0!')
ws.write_datetime(1,12,datetime.datetime(2024,2,1),f('mmm yyyy')); ws.write_number(1,13,1.5e-9,f('0.00E+00'))
ws.write_number(2,1,1,f('yyyy-mm-dd')); ws.write_number(2,2,59,f('yyyy-mm-dd')); ws.write_number(2,3,61,f('yyyy-mm-dd'))
wb.close()
