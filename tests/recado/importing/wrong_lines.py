"""What may be wrong in the small file: the right text, the wrong one, and the mistake that is told; None: any."""

ONE = [
    ("price: 34.90", "price: 34,90", "30:16 price: 34,90 is written 34.90"),
    ("price: 34.90", "price: R$ 1.234,50", "30:16 price: R$ 1.234,50 is written 1234.50"),
    ("price: 34.90", "price: 34.9", "30:16 price: 34.9 is written 34.90"),
    ("price: 34.90", "price: -1", "30:16 price: -1 is not an amount such as 34.90"),
    ("price: 34.90", "price: dear", "30:16 price: dear is not an amount such as 34.90"),
    ("price: 34.90", "price:", "30:9 price: is empty"),
    ("price: 34.90", "price: [34.90]", "30:16 price: is one value, not a list or a block"),
    ("price: 34.90", "prise: 34.90", "30:9 prise is not a key of dish isca: did you mean price?"),
    ("        price: 34.90\n", "", "29:9 dish isca has no price: write `price: 34.90`"),
    ("stock: 8", "stock: many", "31:16 stock: many is not a whole number from 0 to 1000000, or `not counted`"),
    ("stock: 8", "available: maybe", "31:20 available: maybe is neither yes nor no"),
    ("      caldo:", "      isca:", "32:7 the dish isca is there twice, first on line 28"),
    ("name: Caldo de peixe", "name: isca de peixe", "32:7 two items have this name, the first on line 28: cais/caldo"),
    ("      caldo:", "      Pão de queijo:", "32:7 Pão de queijo cannot be a dish's key: write pao-de-queijo"),
    ("    prep: 20 min", "    prep: 20 min\n    prep: 25 min", "27:5 prep is given twice, first on line 26"),
    ("prep: 20 min", "prep: soon", "26:11 prep: soon is not a time such as 25 min, from 1 to 120 min"),
    ("prep: 20 min", "prep: 5 h", "26:11 prep: 5 h is not a time such as 25 min, from 1 to 120 min"),
    (
        "    prep: 20 min",
        "    prep: 20 min\n    payment: cash",
        (
            "27:5 payment is not a key of store cais: it knows"
            " merchant, name, phone, address, place, hours, prep, auto accept, menu, rules"
        ),
    ),
    ("tue-sun 18:00-23:30", "tue-sun 18-23", "25:12 hours: 18 is written 18:00"),
    ("tue-sun 18:00-23:30", "tue-sun 6pm-11pm", "25:12 hours: 6pm is not a time such as 18:00"),
    (
        "tue-sun 18:00-23:30",
        "tue-sun 18:00-26:00",
        "25:12 hours: 26:00 is no time of day; after midnight comes 00:00, and 01:00 closes the next day",
    ),
    (
        "tue-sun 18:00-23:30",
        "18:00-23:30",
        "25:12 hours: 18:00-23:30 needs days and times, such as `tue-sun 18:00-23:30`",
    ),
    (
        "tue-sun 18:00-23:30",
        "tur-sun 18:00-23:30",
        "25:12 hours: tur is not a day: write mon, tue, wed, thu, fri, sat or sun",
    ),
    ("tue-sun 18:00-23:30", "mon closed", "25:12 hours: no day is open: write `tue-sun 18:00-23:30`, or `always`"),
    (
        "tue-sun 18:00-23:30",
        "tue 18:00-02:00; wed 01:00-05:00",
        "25:12 hours: tuesday 18:00-02:00 and wednesday 01:00-05:00 overlap",
    ),
    (
        "hours: tue-sun 18:00-23:30",
        "hours:\n      - tue-sun 18:00-23:30\n      - mon noon",
        "27:9 hours: mon noon needs days and times, such as `tue-sun 18:00-23:30`",
    ),
    (
        "+55 13 3234-0001",
        "3234",
        "22:12 phone: 3234 cannot be dialled: write country, area and number, such as +55 11 96123-4567",
    ),
    (
        "place: -23.9660, -46.3330",
        "place: -23,9660, -46,3330",
        "24:12 place: -23,9660, -46,3330 is written -23.9660, -46.3330",
    ),
    (
        "place: -23.9660, -46.3330",
        "place: -46.3330, -23.9660",
        "24:12 place: -46.3330, -23.9660 lies 3,190 km from the city's centre: latitude comes first",
    ),
    (
        "place: -23.9660, -46.3330",
        "place: -123, -46",
        "24:12 place: -123, -46 lies nowhere: latitude goes from -90 to 90, longitude from -180 to 180",
    ),
    (
        "place: -23.9660, -46.3330",
        "place: here",
        "24:12 place: here is not latitude, longitude such as -23.5450, -46.6390",
    ),
    ("radius: 2 km", "radius: 2", "13:15 radius: 2 needs a number and its unit, such as 3 km"),
    ("radius: 2 km", "radius: 2000 km", "13:15 radius: 2000 km is not from 100 to 50000 m"),
    (
        "    circle:\n      centre: -23.9670, -46.3320\n      radius: 2 km\n",
        "",
        "9:3 zone gonzaga is drawn by one of circle, polygon and around stores; it has 0",
    ),
    (
        "    circle:\n      centre: -23.9670, -46.3320\n      radius: 2 km\n",
        "    polygon:\n      - -23.96, -46.33\n      - x, y\n",
        "13:9 polygon: x, y is not latitude, longitude such as -23.5450, -46.6390",
    ),
    ("currency: BRL", "currency: Brl", "5:13 currency: Brl is not known: did you mean BRL?"),
    (
        "country: BR",
        "country: Brasil",
        "4:12 country: Brasil is not a country's two capital letters, such as BR, MX, CO, AR or CL",
    ),
    (
        "America/Sao_Paulo",
        "America/SaoPaulo",
        "6:14 time zone: America/SaoPaulo is not known: write an IANA name such as America/Sao_Paulo",
    ),
    (
        "key: santos",
        "key: São Tomé",
        "2:8 key: São Tomé has other characters than small letters, digits and hyphens, or more than 30",
    ),
    (
        "delivery fee: 5.00",
        "delivery fe: 5.00",
        "16:5 delivery fe is not a key of rule fees: did you mean delivery fee?",
    ),
    (
        "delivery fee: 5.00",
        "delivery fee: 99999999.00",
        "16:19 delivery fee: 9999999900 is not possible: at most 1000000000, in the rule's own unit",
    ),
    ("  fees:", "  fee:", "15:3 fee is not a rule: did you mean fees?"),
    ("owner: nena", "owner: nina", "18:12 owner: nina is not known: did you mean nena?"),
    (
        "    reason: As everybody in town\n",
        "",
        "16:5 rule fees has no reason: write `reason: what the riders and we agreed on in May`",
    ),
    ("may: all", "may: dispatch, suport", "40:12 may: suport is not known: did you mean support?"),
    ("may: all", "may: dispatch", "37:5 people: one of the operators needs `may: all`, to set everything up"),
    ("stores: cais", "stores: kais", "45:15 stores: kais is not known: did you mean cais?"),
    ("as: manager", "as: chef", "46:11 as: chef is not known: known here: kitchen, manager"),
    (
        "vehicle: bicycle",
        "vehicle: bike",
        "51:16 vehicle: bike is not known: known here: foot, bicycle, motorcycle, car",
    ),
    (
        "people:",
        "person:",
        "35:1 person is not a key of the file: it knows city, stores, people, rules, merchants, zones",
    ),
    ("name: Bar do Cais", f"name: {'x' * 121}", "21:11 name: has 121 characters; it may have 120"),
    (
        "    name: Bar do Cais",
        "    merchant: nobody\n    name: Bar do Cais",
        "21:15 merchant: nobody is not in the file: known here: `merchants:`",
    ),
]
NO_YAML = [
    ("    name: Bar do Cais", "\tname: Bar do Cais", "21:1 a tab: indent with spaces"),
    ("name: Bar do Cais", "name: *bar", "21:11 * begins something else in YAML: put the text in quotes"),
    ("name: Bar do Cais", "name: &bar Bar", "21:11 & and * mean something else in YAML: put the text in quotes"),
    ("name: Bar do Cais", "name: !bar Bar", "21:11 ! means something else in YAML: put the text in quotes"),
    (
        "name: Bar do Cais",
        "name: Bar: do Cais",
        "21:14 a colon too many here, one missing in the line above, or not indented like it",
    ),
    ("name: Bar do Cais", 'name: "Bar do Cais', "21:11 the quotation mark that is opened here is never closed"),
    (
        "name: Bar do Cais",
        "name: Bar\u0007 do Cais",
        "21:14 a character that cannot be printed (number 7): take it out",
    ),
    ("name: Bar do Cais", "name: @bar", "21:11 a text that begins with this character is put in quotes"),
    ("name: Bar do Cais", "- name: Bar do Cais", None),
    ("stores:", "---\nstores:", "19:1 one file is one city: a line --- begins another file"),
    (
        "    place:",
        "   place:",
        "24:4 this does not stand under the lines it belongs to: keys of one block begin in one column",
    ),
    ("    name: Bar do Cais", "    name Bar do Cais", None),
]
