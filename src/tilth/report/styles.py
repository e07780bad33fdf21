"""How a map viewer should draw a layer: the same colours and class names as QML (QGIS) and as SLD (everyone else)."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from tilth.report.cells import readable
from tilth.report.model import Category, StyledLayer

_SE = "http://www.opengis.net/se"
_SLD = "http://www.opengis.net/sld"
_OGC = "http://www.opengis.net/ogc"
_GEOMETRY_TYPE = {"fill": "2", "marker": "0", "line": "1"}


def _rgba(colour: str, alpha: int = 255) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"{red},{green},{blue},{alpha}"


def _options(parent: ET.Element, values: dict[str, str]) -> None:
    holder = ET.SubElement(parent, "Option", type="Map")
    for name, value in values.items():
        ET.SubElement(holder, "Option", type="QString", name=name, value=value)


def symbol_kind(layer: StyledLayer) -> str:
    """fill, line or marker, by the first geometry of the layer."""
    kinds = layer.frame.geometry.dropna().geom_type
    first = str(kinds.iloc[0]) if len(kinds) else "Polygon"
    return "marker" if "Point" in first else "line" if "Line" in first else "fill"


def _symbol(parent: ET.Element, name: str, kind: str, colour: str, filled: bool) -> None:
    symbol = ET.SubElement(parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    if kind == "marker":
        layer = ET.SubElement(symbol, "layer", {"class": "SimpleMarker", "enabled": "1", "pass": "0", "locked": "0"})
        _options(layer, {"color": _rgba(colour), "name": "circle", "outline_color": "60,60,60,255", "size": "2.4"})
    elif kind == "line":
        layer = ET.SubElement(symbol, "layer", {"class": "SimpleLine", "enabled": "1", "pass": "0", "locked": "0"})
        _options(layer, {"line_color": _rgba(colour), "line_width": "0.4"})
    else:
        layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "pass": "0", "locked": "0"})
        edge = "255,255,255,120" if filled else _rgba(colour)
        style = "solid" if filled else "no"
        width = "0.05" if filled else "0.5"
        _options(layer, {"color": _rgba(colour), "style": style, "outline_color": edge, "outline_width": width})


def qml(layer: StyledLayer) -> str:
    """The layer's style as QGIS stores it."""
    root = ET.Element("qgis", version="3.28.0", styleCategories="Symbology")
    kind = symbol_kind(layer)
    if layer.categories:
        renderer = ET.SubElement(root, "renderer-v2", type="categorizedSymbol", attr=layer.column, symbollevels="0")
        listed = ET.SubElement(renderer, "categories")
        symbols = ET.SubElement(renderer, "symbols")
        for number, category in enumerate(layer.categories):
            entry = ET.SubElement(listed, "category", type="string", symbol=str(number), render="true")
            entry.set("value", readable(category.value))
            entry.set("label", readable(str(category.label)))
            _symbol(symbols, str(number), kind, category.colour, layer.filled)
    else:
        renderer = ET.SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0")
        _symbol(ET.SubElement(renderer, "symbols"), "0", kind, layer.colour, layer.filled)
    ET.SubElement(root, "layerGeometryType").text = _GEOMETRY_TYPE[kind]
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(root, encoding="unicode")


def _se(parent: ET.Element, tag: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{_SE}}}{tag}")


def _parameter(parent: ET.Element, name: str, value: str) -> None:
    parameter = _se(parent, "SvgParameter")
    parameter.set("name", name)
    parameter.text = value


def _symboliser(rule: ET.Element, kind: str, colour: str, filled: bool) -> None:
    if kind == "marker":
        mark = _se(_se(_se(rule, "PointSymbolizer"), "Graphic"), "Mark")
        _se(mark, "WellKnownName").text = "circle"
        _parameter(_se(mark, "Fill"), "fill", colour)
    elif kind == "line":
        _parameter(_se(_se(rule, "LineSymbolizer"), "Stroke"), "stroke", colour)
    else:
        polygon = _se(rule, "PolygonSymbolizer")
        if filled:
            _parameter(_se(polygon, "Fill"), "fill", colour)
        stroke = _se(polygon, "Stroke")
        _parameter(stroke, "stroke", "#ffffff" if filled else colour)
        _parameter(stroke, "stroke-width", "0.2" if filled else "2")


def sld(layer: StyledLayer) -> str:
    """The layer's style as OGC Styled Layer Descriptor 1.1."""
    for prefix, space in (("se", _SE), ("ogc", _OGC), ("", _SLD)):
        ET.register_namespace(prefix, space)
    root = ET.Element(f"{{{_SLD}}}StyledLayerDescriptor", version="1.1.0")
    named = ET.SubElement(root, f"{{{_SLD}}}NamedLayer")
    _se(named, "Name").text = layer.name
    user = ET.SubElement(named, f"{{{_SLD}}}UserStyle")
    _se(user, "Name").text = layer.name
    style = _se(user, "FeatureTypeStyle")
    kind = symbol_kind(layer)
    for category in layer.categories or (Category("", layer.title, layer.colour),):
        rule = _se(style, "Rule")
        _se(rule, "Name").text = readable(str(category.label))
        _se(_se(rule, "Description"), "Title").text = readable(str(category.label))
        if layer.categories:
            condition = ET.SubElement(rule, f"{{{_OGC}}}Filter")
            equal = ET.SubElement(condition, f"{{{_OGC}}}PropertyIsEqualTo")
            ET.SubElement(equal, f"{{{_OGC}}}PropertyName").text = layer.column
            ET.SubElement(equal, f"{{{_OGC}}}Literal").text = readable(category.value)
        _symboliser(rule, kind, category.colour, layer.filled)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")
