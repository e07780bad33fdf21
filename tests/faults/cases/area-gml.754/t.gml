<?xml version="1.0" encoding="utf-8" ?>
<ogr:FeatureCollection
     gml:id="aFeatureCollection"
     xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
     xsi:schemaLocation="http://ogr.maptools.org/ t.xsd"
     xmlns:ogr="http://ogr.maptools.org/"
     xmlns:gml="http://www.opengis.net/gml/3.2">
  <gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::4526"><gml:lowerCorner>3500000 38400000</gml:lowerCorner><gml:upperCorner>3500100 38400300</gml:upperCorner></gml:Envelope></gml:boundedBy>
                                                                                                                                                    
  <ogr:featureMember>
    <ogr:t gml:id="t.0">
      <gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::4526"><gml:lowerCorner>3500000 38400000</gml:lowerCorner><gml:upperCorner>3500100 38400100</gml:upperCorner></gml:Envelope></gml:boundedBy>
      <ogr:geometryProperty><gml:Polygon srsName="urn:ogc:def:crs:EPSG::4526" gml:id="t.geom.0"><gml:exterior><gml:LinearRing><gml:posList>3500000 38400100 3500100 38400100 3500100 38400000 3500000 38400000 3500000 38400100</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></ogr:geometryProperty>
      <ogr:BSM>371302211000000000</ogr:BSM>
      <ogr:DLBM>0101</ogr:DLBM>
      <ogr:DLMC>水田</ogr:DLMC>
      <ogr:ZLDWDM>9999010010010000000</ogr:ZLDWDM>
      <ogr:TBMJ>10000</ogr:TBMJ>
      <ogr:KCXS>0</ogr:KCXS>
      <ogr:GDPDJB>1</ogr:GDPDJB>
    </ogr:t>
  </ogr:featureMember>
  <ogr:featureMember>
    <ogr:t gml:id="t.1">
      <gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::4526"><gml:lowerCorner>3500000 38400100</gml:lowerCorner><gml:upperCorner>3500100 38400200</gml:upperCorner></gml:Envelope></gml:boundedBy>
      <ogr:geometryProperty><gml:Polygon srsName="urn:ogc:def:crs:EPSG::4526" gml:id="t.geom.1"><gml:exterior><gml:LinearRing><gml:posList>3500000 38400200 3500100 38400200 3500100 38400100 3500000 38400100 3500000 38400200</gml:posList></gml:LinearRing></gml:exterior><gml:interior><gml:LinearRing><gml:posList>3500040 38400150 3500050 38400150 3500050 38400140 -0 38400140 3500040 38400150</gml:posList></gml:LinearRing></gml:interior></gml:Polygon></ogr:geometryProperty>
      <ogr:BSM>371302211000000001</ogr:BSM>
      <ogr:DLBM>0102</ogr:DLBM>
      <ogr:DLMC>水浇地</ogr:DLMC>
      <ogr:ZLDWDM>9999010010010000000</ogr:ZLDWDM>
      <ogr:TBMJ>9900</ogr:TBMJ>
      <ogr:KCXS>0</ogr:KCXS>
      <ogr:GDPDJB>1</ogr:GDPDJB>
    </ogr:t>
  </ogr:featureMember>
  <ogr:featureMember>
    <ogr:t gml:id="t.2">
      <gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::4526"><gml:lowerCorner>3500000 38400200</gml:lowerCorner><gml:upperCorner>3500100 38400300</gml:upperCorner></gml:Envelope></gml:boundedBy>
      <ogr:geometryProperty><gml:Polygon srsName="urn:ogc:def:crs:EPSG::4526" gml:id="t.geom.2"><gml:exterior><gml:LinearRing><gml:posList>3500000 38400300 3500100 38400300 3500100 38400200 3500000 38400200 3500000 38400300</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></ogr:geometryProperty>
      <ogr:BSM>371302211000000002</ogr:BSM>
      <ogr:DLBM>0103</ogr:DLBM>
      <ogr:DLMC>旱地</ogr:DLMC>
      <ogr:ZLDWDM>9999010010010000000</ogr:ZLDWDM>
      <ogr:TBMJ>10000</ogr:TBMJ>
      <ogr:KCXS>0.05</ogr:KCXS>
      <ogr:GDPDJB>2</ogr:GDPDJB>
    </ogr:t>
  </ogr:featureMember>
</ogr:FeatureCollection>
