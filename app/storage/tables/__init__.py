"""All tables of the database, by subject; importing this package registers every one of them on `Base.metadata`.

Identifiers are random (`new_id`), closed choices are text with a check constraint, instants are aware and in UTC.
Values made elsewhere (answers, inspections, receipts) are kept as JSON text; the services turn them into objects.
"""

from __future__ import annotations

from app.storage.tables.base import Base, new_id
from app.storage.tables.imports import (
    Blob,
    Dataset,
    DatasetState,
    Deletion,
    ImportJob,
    ImportMode,
    JobKind,
    JobState,
    OwnClaim,
    SavedMapping,
    Upload,
    UploadState,
)
from app.storage.tables.people import Action, ActionKind, Member, MemberInvitation, MemberRole, Organization, SignIn, Team
from app.storage.tables.reports import KeptReport, ReportLink, ReportState
from app.storage.tables.survey import (
    InvitationKind,
    PlannedAction,
    PlannedState,
    RoundSide,
    RoundState,
    RoundWay,
    SurveyComment,
    SurveyContact,
    SurveyDraft,
    SurveyInvitation,
    SurveyKey,
    SurveyPublication,
    SurveyRemoved,
    SurveyResponse,
    SurveyRound,
)

__all__ = [
    "Action",
    "ActionKind",
    "Base",
    "Blob",
    "Dataset",
    "DatasetState",
    "Deletion",
    "ImportJob",
    "ImportMode",
    "InvitationKind",
    "JobKind",
    "JobState",
    "KeptReport",
    "Member",
    "MemberInvitation",
    "MemberRole",
    "Organization",
    "OwnClaim",
    "PlannedAction",
    "PlannedState",
    "ReportLink",
    "ReportState",
    "RoundSide",
    "RoundState",
    "RoundWay",
    "SavedMapping",
    "SignIn",
    "SurveyComment",
    "SurveyContact",
    "SurveyDraft",
    "SurveyInvitation",
    "SurveyKey",
    "SurveyPublication",
    "SurveyRemoved",
    "SurveyResponse",
    "SurveyRound",
    "Team",
    "Upload",
    "UploadState",
    "new_id",
]
