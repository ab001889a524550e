"""What must hold of every verdict, over random schemas and random changes."""

from random import Random
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from eventcatalog.schemas.check import check
from eventcatalog.schemas.engine import compile_fast, compile_second
from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.examples import variations
from eventcatalog.schemas.infer import infer_schema
from eventcatalog.schemas.parse import parse_schema
from eventcatalog.schemas.search import _mutations
from eventcatalog.schemas.types import ParsedSchema
from eventcatalog.schemas.validator import compile_validator
from tests.schemas import random_schemas

SEEDS = st.integers(0, 2**32)
CALM = settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))


def pair(seed: int) -> tuple[ParsedSchema, ParsedSchema]:
    dice = Random(seed)
    old = random_schemas.schema(dice)
    new = random_schemas.changed(dice, old) if dice.random() < 0.85 else random_schemas.schema(dice)
    try:
        return parse_schema(old), parse_schema(new)
    except SchemaError:
        assume(False)
        raise


def documents_of(parsed: ParsedSchema, other: ParsedSchema, seed: int) -> list[Any]:
    """Documents that the schema takes: made from it, and mutations of those that tell it from the other one."""
    takes = compile_fast(parsed).is_valid
    made = variations(parsed.document, seed=seed, n=6)
    mutated = [each for document in made[:2] for each in _mutations(document, parsed.document, other.document)]
    return made + [each for each in mutated[:1500] if takes(each)]


@CALM
@given(SEEDS)
def test_a_pair_called_compatible_has_no_counterexample_among_generated_documents(seed: int):
    old, new = pair(seed)
    for finding in check([("1.0.0", old)], new, "full").findings:
        taker, refuser = (old, new) if finding.direction == "backward" else (new, old)
        if finding.compatible == "yes":
            also_takes = compile_fast(refuser).is_valid
            for document in documents_of(taker, refuser, seed):
                assert also_takes(document), (finding, document)


@CALM
@given(SEEDS)
def test_a_refusal_shows_a_document_that_both_validators_judge_alike(seed: int):
    old, new = pair(seed)
    for finding in check([("1.0.0", old)], new, "full").findings:
        taker, refuser = (old, new) if finding.direction == "backward" else (new, old)
        if finding.counterexample is not None:
            document = finding.counterexample.document
            assert finding.compatible == "no"
            assert compile_fast(taker).is_valid(document)
            assert compile_second(taker)(document)
            assert not compile_fast(refuser).is_valid(document)
            assert not compile_second(refuser)(document)
            assert finding.counterexample.faults


@CALM
@given(SEEDS)
def test_the_lenient_policy_takes_all_that_the_strict_one_takes(seed: int):
    old, new = pair(seed)
    if check([("1.0.0", old)], new, "backward").compatible == "yes":
        assert check([("1.0.0", old)], new, "backward", policy="lenient").compatible == "yes"


@CALM
@given(SEEDS)
def test_every_refused_document_is_told_why(seed: int):
    old, new = pair(seed)
    validator = compile_validator(new)
    for document in documents_of(old, new, seed)[:100]:
        assert bool(validator.explain_document(document)) != validator.takes(document)


@CALM
@given(SEEDS)
def test_a_schema_guessed_from_documents_takes_them(seed: int):
    documents = variations(random_schemas.schema(Random(seed)), seed=seed, n=5)
    assume(documents)
    guessed = compile_validator(parse_schema(infer_schema(documents, closed=True).schema))
    for document in documents:
        assert guessed.explain_document(document) == []
