"""What can go wrong between us and Shopify, each with its remedy. Families: `core.errors`.

Raised by class and decided by class: Shopify's own words are carried along for people only. None of
these ever holds a token, a secret or the variables of a request.
"""

from __future__ import annotations

from math import ceil

from core.errors import (
    N_,
    NN_,
    BadInput,
    Offline,
    OurBug,
    OutcomeUnknown,
    SafetyStop,
    TryAgain,
    UserMustAct,
)

_DOMAIN_REMEDY = N_(
    "Type the shop domain as Shopify shows it under Settings > Domains: name.myshopify.com."
)

# -- what was typed ------------------------------------------------------------------------------


class BadDomain(BadInput):
    code = "bad_domain"
    message = N_("“%(typed)s” is not a shop domain.")
    remedy = _DOMAIN_REMEDY


class EmptyDomain(BadDomain):
    code = "empty_domain"
    message = N_("The shop domain is empty.")


class MailAddress(BadDomain):
    code = "mail_address"
    message = N_("“%(typed)s” is a mail address, not a shop domain.")


class InsecureAddress(BadDomain):
    code = "insecure_address"
    message = N_("“%(typed)s” is an http address; an access token is sent over https only.")


class CustomDomain(BadDomain):
    code = "custom_domain"
    message = N_("“%(typed)s” is not a myshopify.com domain; Shopify's API does not answer there.")
    remedy = N_(
        "Every shop also has a domain that ends in .myshopify.com: it is listed in Shopify under "
        "Settings > Domains. Type that one."
    )


class AdminAddressWithoutShop(BadDomain):
    code = "admin_address_without_shop"
    message = N_("“%(typed)s” does not name a shop.")
    remedy = N_(
        "Open the shop in Shopify and copy the whole address, "
        "https://admin.shopify.com/store/NAME, or type name.myshopify.com."
    )


class WrongDomain(BadDomain):
    code = "wrong_domain"
    message = N_("The shop that answers at %(url)s is %(found)s, not %(typed)s.")
    remedy = N_("Type %(found)s as the shop domain, or give the API address of the shop you mean.")


class BadApiUrl(BadInput):
    code = "bad_api_url"
    message = N_("“%(typed)s” cannot be used as the API address.")
    remedy = N_(
        "Give https://HOST, or http://127.0.0.1:PORT on this machine, without a user name, a query "
        "or dots in its path; or leave it out."
    )


class NoCredentials(BadInput):
    code = "no_credentials"
    message = N_("Neither an access token nor a client ID with its client secret was given.")
    remedy = N_(
        "Give the Admin API access token of a custom app, or the client ID and the client secret "
        "of an app from the Dev Dashboard."
    )


class BadToken(BadInput):
    code = "bad_token"
    message = N_("The access token contains characters that no token has.")
    remedy = N_("Copy the Admin API access token again, alone and on one line.")


class BadWebhookAddress(BadInput):
    code = "bad_webhook_address"
    message = N_("“%(uri)s” cannot be used as the address for webhooks.")
    remedy = N_("Give the public https address that leads to this program.")


class BadListenAddress(BadInput):
    code = "bad_listen_address"
    message = N_("“%(typed)s” is not HOST:PORT.")
    remedy = N_("Write, for example, 127.0.0.1:8080.")


class ListenFailed(BadInput):
    code = "listen_failed"
    message = N_("%(address)s cannot be listened on: %(detail)s.")
    remedy = N_("Choose another host or port, or end the program that uses it.")


# -- the network ---------------------------------------------------------------------------------


class NameNotFound(Offline):
    code = "name_not_found"
    message = N_("The name %(host)s could not be looked up.")
    remedy = N_("Check the network and its DNS. The sync goes on by itself when the shop answers.")


class NotReachable(Offline):
    code = "not_reachable"
    message = N_("No connection to %(host)s could be made: %(detail)s.")
    remedy = N_(
        "Check the network and the firewall. The sync goes on by itself when the shop answers."
    )


class TlsFailed(Offline):
    code = "tls_failed"
    message = N_("%(host)s did not prove who it is: %(detail)s.")
    remedy = N_(
        "Check this machine's date. If your network inspects https, name its certificate in "
        "SSL_CERT_FILE."
    )


class ProxyFailed(Offline):
    code = "proxy_failed"
    message = N_("The proxy did not let us through to %(host)s: %(detail)s.")
    remedy = N_("Check HTTPS_PROXY and NO_PROXY, and the proxy's user name and password.")


class ConnectionBroke(TryAgain):
    code = "connection_broke"
    message = N_("The connection to %(host)s broke before the answer was complete: %(detail)s.")
    remedy = N_("It is asked again by itself.")


class ServerTrouble(TryAgain):
    code = "server_trouble"
    message = N_("Shopify has trouble on its side (%(detail)s).")
    remedy = N_("It is asked again by itself; see shopifystatus.com if it lasts.")


class GarbledAnswer(TryAgain):
    code = "garbled_answer"
    message = N_("The answer to %(document)s cannot be read: %(detail)s.")
    remedy = N_(
        "It is asked again by itself. If it lasts, something between this machine and Shopify "
        "answers in its place (a proxy, a sign-in page)."
    )


class ResultRefused(TryAgain):
    code = "result_refused"
    message = N_("The result of a bulk operation at %(host)s cannot be used: %(detail)s.")
    remedy = N_("The catalogue is read by pages instead.")


class Throttled(TryAgain):
    code = "throttled"
    message = N_("Shopify is asked too much at the moment, by this or by another app.")
    remedy = N_("It is asked again by itself, more slowly.")


class AskedToWait(TryAgain):
    """Nothing was sent: the shop has asked (Retry-After) to be left alone for longer than a request
    waits. `wait_s` is what is left of that.
    """

    code = "asked_to_wait"
    message = NN_(
        "Shopify wants to be asked nothing for another %(minutes)s minute.",
        "Shopify wants to be asked nothing for another %(minutes)s minutes.",
        by="minutes",
    )
    remedy = N_("Try again after that; a sync that runs waits for it and goes on by itself.")

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s=wait_s, minutes=ceil(wait_s / 60))


class WriteInProgress(OutcomeUnknown):
    """The same key is being carried out right now (IDEMPOTENCY_CONCURRENT_REQUEST)."""

    code = "write_in_progress"
    message = N_("Shopify is still busy with the same write.")
    remedy = N_("It is asked for again under the same key in a moment.")


class WaitedTooLong(OutcomeUnknown):
    """A write waited for points, or the machine slept, until its key was too old to be sent."""

    code = "waited_too_long"
    message = N_("A write waited so long that Shopify may have forgotten its key.")
    remedy = N_("What Shopify holds now is read, and decides whether the write happened.")


# -- the shop and the app ------------------------------------------------------------------------


class InvalidToken(UserMustAct):
    code = "invalid_token"
    message = N_("Shopify does not accept the access token for %(host)s.")
    remedy = N_(
        "Copy the Admin API access token again (Shopify shows it only once; if it is lost, make a "
        "new one), check that the app is installed in this shop, and that the token is not the API "
        "key or the API secret key."
    )


class MissingScope(UserMustAct):
    code = "missing_scope"
    message = N_("The app lacks the access scope %(scope)s.")
    remedy = N_(
        "Add %(scope)s to the app in Shopify, release or save it, and install or approve it again "
        "in the shop."
    )


class Forbidden(UserMustAct):
    code = "forbidden"
    message = N_("Shopify refuses this app (%(detail)s).")
    remedy = N_("Check in Shopify that the app is installed, allowed, and has its four scopes.")


class SecurityRejection(UserMustAct):
    code = "security_rejection"
    message = N_("Shopify holds our requests for suspicious and refuses them.")
    remedy = N_(
        "Stop other programs that use this shop from the same network, wait some minutes, and "
        "connect again. If it lasts, ask Shopify's support."
    )


class ShopNotFound(UserMustAct):
    code = "shop_not_found"
    message = N_("There is no shop at %(host)s.")
    remedy = _DOMAIN_REMEDY


class ShopFrozen(UserMustAct):
    code = "shop_frozen"
    message = N_("The shop at %(host)s is frozen: its bill is not paid.")
    remedy = N_("The shop's owner settles the bill in Shopify; then connect again.")


class ShopLocked(UserMustAct):
    code = "shop_locked"
    message = N_("Shopify has locked the shop at %(host)s.")
    remedy = N_("The shop's owner has to ask Shopify's support.")


class ShopInactive(UserMustAct):
    code = "shop_inactive"
    message = N_("The shop at %(host)s is not active.")
    remedy = N_("The shop's owner looks in Shopify what is open, or asks Shopify's support.")


class Redirected(UserMustAct):
    code = "redirected"
    message = N_("%(host)s sends us on to %(target)s; a token is never taken along.")
    remedy = _DOMAIN_REMEDY


class ChangeRefused(UserMustAct):
    """A userError of a change to one item that a person asked for."""

    code = "change_refused"
    message = N_("Shopify refused the change: %(detail)s")
    remedy = N_("Look at the item in Shopify.")


class WebhookRefused(UserMustAct):
    code = "webhook_refused"
    message = N_("Shopify does not deliver webhooks to %(uri)s: %(detail)s")
    remedy = N_("Give a public https address that is not a Shopify domain, or go without webhooks.")


# -- the token endpoint --------------------------------------------------------------------------


class TokenRefused(UserMustAct):
    code = "token_refused"
    message = N_("Shopify gave no access token (%(detail)s).")
    remedy = N_("Check the client ID, the client secret and the shop domain.")


class ShopNotPermitted(TokenRefused):
    code = "shop_not_permitted"
    message = N_("The app and the shop do not belong to the same Shopify organisation.")
    remedy = N_(
        "Make the app in the Dev Dashboard of the organisation that owns the shop, or use the "
        "access token of a custom app."
    )


class AppNotInstalled(TokenRefused):
    code = "app_not_installed"
    message = N_("The app is not installed in the shop at %(host)s.")
    remedy = N_("Release a version of the app in the Dev Dashboard and install it in the shop.")


class AppNotFound(TokenRefused):
    code = "application_cannot_be_found"
    message = N_("Shopify knows no app with this client ID for the shop at %(host)s.")
    remedy = N_(
        "Copy the client ID from the Dev Dashboard (app > Settings). The API key of a custom app "
        "made in the shop's admin cannot be used here: give its access token. If the app was made "
        "just now, try again in a minute."
    )


class WrongClientSecret(TokenRefused):
    code = "invalid_client"
    message = N_("The client secret does not belong to this client ID.")
    remedy = N_("Copy the client secret again from the Dev Dashboard (app > Settings).")


class TokenRequestInvalid(TokenRefused):
    code = "invalid_request"
    message = N_("Shopify did not understand the request for a token.")
    remedy = N_("Check the client ID and the client secret: one of them may be incomplete.")


# -- safety --------------------------------------------------------------------------------------


class ApiVersionChanged(SafetyStop):
    code = "api_version_changed"
    message = N_("Shopify answers with API version %(served)s in place of %(asked)s.")
    remedy = N_(
        "Version %(asked)s is no longer served. Update dextre-sync; nothing is written until then."
    )


class AnotherShop(SafetyStop):
    code = "another_shop"
    message = N_(
        "Another shop answers at this address: %(found)s. It is not the one that was connected."
    )
    remedy = N_(
        "If the address or the token was changed by mistake, put it back. To use the other shop, "
        "delete the SKU mappings and connect anew."
    )


# -- our own bugs --------------------------------------------------------------------------------


class QueryRefused(OurBug):
    code = "query_refused"
    message = N_("Shopify does not understand our %(document)s (%(reason)s): %(detail)s")


class SearchFilterRefused(OurBug):
    """Shopify ignored a search filter, so the answer is of everything: it must not be used."""

    code = "search_filter_refused"
    message = N_("Shopify ignored the search filter of our %(document)s: %(detail)s")
