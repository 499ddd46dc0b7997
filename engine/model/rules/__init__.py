"""The lint: a table of rules, one small function each.

``RULES`` maps each rule's id to its texts and its check; importing this package fills it.
"""

from laufzettel.engine.model.rules import (
    attachments as attachments,
)
from laufzettel.engine.model.rules import (
    duties as duties,
)
from laufzettel.engine.model.rules import (
    elements as elements,
)
from laufzettel.engine.model.rules import (
    events as events,
)
from laufzettel.engine.model.rules import (
    expressions as expressions,
)
from laufzettel.engine.model.rules import (
    files as files,
)
from laufzettel.engine.model.rules import (
    gateways as gateways,
)
from laufzettel.engine.model.rules import (
    paths as paths,
)
from laufzettel.engine.model.rules import (
    structure as structure,
)
from laufzettel.engine.model.rules import (
    tasks as tasks,
)
from laufzettel.engine.model.rules.table import RULES as RULES
from laufzettel.engine.model.rules.table import Rule as Rule
