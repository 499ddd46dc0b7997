"""Saxon, locked down: it compiles our pinned rules and reads text we have checked, no more.

By default Saxon reads external entities and files that a document names (einvoice.md 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from saxonche import PySaxonApiError, PySaxonProcessor

_FEATURE: Final = "http://saxon.sf.net/feature/"
_SETTINGS: Final = {
    # No protocol at all: no doc(), document(), unparsed-text(), include or import.
    f"{_FEATURE}allowedProtocols": "",
    f"{_FEATURE}parserFeature?uri=http%3A//apache.org/xml/features/disallow-doctype-decl": "true",
}


class SaxonError(Exception):
    """A stylesheet could not be compiled or did not come to an end."""


class Saxon:
    """One locked Saxon processor and the stylesheets compiled with it."""

    def __init__(self) -> None:
        self._processor: Any = PySaxonProcessor(license=False)
        for name, value in _SETTINGS.items():
            self._processor.set_configuration_property(name, value)
        self._xslt: Any = self._processor.new_xslt30_processor()

    def compile(self, text: str) -> Any:
        """Return the stylesheet, ready to run. Raises SaxonError."""
        try:
            return self._xslt.compile_stylesheet(stylesheet_text=text)
        except PySaxonApiError as error:
            raise SaxonError(str(error)) from error

    def parse(self, text: str) -> Any:
        """Return the document as Saxon wants it. Raises SaxonError."""
        try:
            return self._processor.parse_xml(xml_text=text)
        except PySaxonApiError as error:
            raise SaxonError(str(error)) from error

    def matches(self, xpath: str, namespaces: Mapping[str, str], document: Any) -> bool:
        """Return the effective boolean value of an XPath about the document. Raises SaxonError."""
        try:
            processor = self._processor.new_xpath_processor()
            for prefix, uri in namespaces.items():
                processor.declare_namespace(prefix, uri)
            processor.set_context(xdm_item=document)
            return bool(processor.effective_boolean_value(xpath))
        except PySaxonApiError as error:
            raise SaxonError(str(error)) from error

    def run(self, stylesheet: Any, document: Any) -> str:
        """Return what the stylesheet writes about the document. Raises SaxonError."""
        try:
            output = stylesheet.transform_to_string(xdm_node=document)
        except PySaxonApiError as error:
            raise SaxonError(str(error)) from error
        if not output:
            raise SaxonError("the stylesheet wrote nothing")
        return str(output)
