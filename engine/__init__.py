"""The engine: runs any BPMN process durably and knows nothing of invoices.

Other folders use ``engine.api`` (the verbs) and ``engine.handler`` (what handlers
import). Only this folder imports SpiffWorkflow and the job library.
"""
