"""NENA Emergency Incident Data Object (NENA-STA-021.1a-2022) of an incident, as JSON.

Names of components and fields are the standard's; values of its registries are used where one
fits, and our own codes stand beside them in the fields for internal codes. Every component has an
identifier, and references point to them by it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from incidents.engine.outside import (
    OutsideIncident,
    OutsideService,
    Speaker,
    joined,
    present,
    utc_text,
    xml_text,
)

MEDIA_TYPE = "application/EmergencyIncidentData.Object+json"
VERSION = "1.0"
_AGENCY = "agency-1"
_LOCATION = "location-1"
_NOTES = "notes-1"
# 0 to 10, the highest is the most urgent.
_PRIORITY = {1: 10, 2: 7, 3: 4, 4: 1}
_STATUS = {
    "CONFIRMED": "Active",
    "HANDED_OVER": "Active",
    "ACCEPTED": "Active",
    "ON_SCENE": "Active",
    "UNFINISHED": "Active",
    "NOT_ACCEPTED": "Active",
    "RESOLVED": "Closed",
    "VERIFIED": "Closed",
    "CLOSED": "Closed",
    "FALSE_ALARM": "Closed",
    "DUPLICATE": "Closed",
}
_TYPES = {
    "fire": "Fire",
    "fight": "Assault",
    "vandalism": "Vandalism",
    "graffiti": "Vandalism",
    "theft": "Theft",
    "drugs": "Narcotics",
    "abandoned": "Suspicious Package",
    "weapon_like": "Weapons",
    "person_down": "Unknown Problem (Person Down)",
    "noise": "Noise Complaint",
    "animals": "Animal",
}
_PRIMARY = {"STARTED": "EnRoute", "ARRIVED": "OnScene", "WORKING": "OnScene", "DONE": "Available"}


def eido_of(
    incident: OutsideIncident, speaker: Speaker, *, identifier: str, at: datetime
) -> dict[str, Any]:
    """Return the object; `identifier` is of this telling, not of the incident."""
    updated = utc_text(at)
    return {
        "$id": f"urn:emergency:uid:eidoid:{identifier}:{speaker.sender}",
        "eidoVersion": VERSION,
        "issuingElementIdentification": speaker.sender,
        "lastUpdateTimeStamp": updated,
        "incidentComponent": _incident(incident, speaker, updated),
        "agencyComponent": [_agency(speaker, updated)],
        "locationComponent": [_location(incident, updated)],
        "notesComponent": [_notes(incident, updated)],
        "emergencyResourceComponent": [
            _resource(service, number) for number, service in enumerate(incident.services, 1)
        ],
        "dispatchComponent": [
            _dispatch(service, number) for number, service in enumerate(incident.services, 1)
        ],
    }


def _reference(identifier: str) -> dict[str, str]:
    return {"$ref": identifier}


def _prologue(identifier: str, updated: str) -> dict[str, Any]:
    return {
        "$id": identifier,
        "lastUpdateTimeStamp": updated,
        "updatedByAgencyReference": _reference(_AGENCY),
    }


def _incident(incident: OutsideIncident, speaker: Speaker, updated: str) -> dict[str, Any]:
    tracking = f"urn:emergency:uid:incidentid:{incident.name}:{speaker.sender}"
    return present(
        {
            **_prologue("incident-1", updated),
            "incidentTrackingIdentifier": tracking,
            "incidentTypeCommonRegistryText": _TYPES.get(incident.category, "Other"),
            "incidentTypeInternalCode": incident.ekp_code or incident.category,
            "incidentTypeInternalText": incident.category_name,
            "incidentStatusCommonRegistryText": [_STATUS.get(incident.status, "Active")],
            "incidentStatusInternalText": [incident.status],
            "internalIncidentId": incident.name,
            "documentIdentification": incident.police_number,
            "incidentCommonPriorityNumber": _PRIORITY.get(incident.priority, 0),
            "incidentPriorityInternalText": f"P{incident.priority}",
            "beatOrDispatchGroupText": incident.place,
            "locationReference": [_reference(_LOCATION)],
            "notesReference": [_reference(_NOTES)],
            "dispositionComponent": _disposition(incident, updated),
        }
    )


def _disposition(incident: OutsideIncident, updated: str) -> list[dict[str, Any]]:
    if not incident.disposition:
        return []
    return [
        {
            **_prologue("disposition-1", updated),
            "dispositionCommonRegistryCode": "Other",
            "dispositionPrimaryIndicator": True,
            "dispositionCategoryText": incident.disposition,
            "dispositionDescriptionText": incident.disposition_name,
        }
    ]


def _agency(speaker: Speaker, updated: str) -> dict[str, Any]:
    card: list[list[Any]] = [["version", {}, "text", "4.0"]]
    card.append(["fn", {}, "text", speaker.name or speaker.sender])
    if speaker.contact:
        card.append(["tel", {"type": "work"}, "text", speaker.contact])
    return {
        **_prologue(_AGENCY, updated),
        "agencyRoleDescriptionRegistryText": ["Dispatching"],
        "agencyType": ["urn:emergency:service:responder.psap"],
        "agencyJcard": ["vcard", card],
        "incidentOwningAgencyIndicator": True,
    }


def _location(incident: OutsideIncident, updated: str) -> dict[str, Any]:
    return present(
        {
            **_prologue(_LOCATION, updated),
            "locationTypeDescriptionRegistryText": "Incident",
            "locationDescriptionText": joined([incident.place, incident.address]),
            "locationByValue": _presence(incident),
        }
    )


def _presence(incident: OutsideIncident) -> str:
    """Return a PIDF-LO (RFC 5139, RFC 5491): the address, and the point if it is known."""
    name, address = (escape(xml_text(text)) for text in (incident.place, incident.address))
    point = ""
    if incident.latitude is not None and incident.longitude is not None:
        point = (
            '<gml:Point srsName="urn:ogc:def:crs:EPSG::4326">'
            f"<gml:pos>{incident.latitude:.6f} {incident.longitude:.6f}</gml:pos></gml:Point>"
        )
    return (
        '<presence xmlns="urn:ietf:params:xml:ns:pidf"'
        ' xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10"'
        ' xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"'
        ' xmlns:gml="http://www.opengis.net/gml" entity="pres:incident@invalid">'
        '<tuple id="place"><status><gp:geopriv><gp:location-info>'
        f"{point}<ca:civicAddress><ca:country>RU</ca:country><ca:LOC>{address}</ca:LOC>"
        f"<ca:NAM>{name}</ca:NAM></ca:civicAddress>"
        "</gp:location-info><gp:usage-rules/></gp:geopriv></status></tuple></presence>"
    )


def _notes(incident: OutsideIncident, updated: str) -> dict[str, Any]:
    flags = [
        f"injured: {incident.injured_count}" if incident.injured_count else "",
        "children" if incident.has_children else "",
        "weapon" if incident.has_weapon else "",
        "fire" if incident.has_fire else "",
    ]
    text = joined([incident.summary, incident.description, joined(flags)], by="\n")
    return {
        **_prologue(_NOTES, updated),
        "notesActionComments": text or incident.category_name,
    }


def _resource(service: OutsideService, number: int) -> dict[str, Any]:
    return {
        **_prologue(f"resource-{number}", utc_text(service.changed_at)),
        "emergencyResourceTypeCommonRegistryText": "Other",
        "emergencyResourceTypeInternalText": service.code,
        "emergencyResourceName": service.name,
        "primaryUnitStatusRegistryText": _PRIMARY.get(service.status, "Assigned"),
        "secondaryUnitStatusRegistryText": ["Other"],
        "resourceAttributeRegistryText": ["Other"],
        "unitStatusInternal": [service.status],
    }


def _dispatch(service: OutsideService, number: int) -> dict[str, Any]:
    return {
        **_prologue(f"dispatch-{number}", utc_text(service.changed_at)),
        "agencyReference": _reference(_AGENCY),
        "emergencyResourceReference": [_reference(f"resource-{number}")],
    }
