using Krewe.Abstractions.Errors;
using Krewe.Api.Errors;
using Krewe.Api.Settings;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Browsers;

/// <summary>
/// Refuses (403) what a page in somebody's browser could send: requests for a host name that is not this server's (DNS rebinding), and
/// changes that come from a page of another origin. Other clients send neither <c>Sec-Fetch-Site</c> nor <c>Origin</c>.
/// </summary>
internal sealed class BrowserCheck(ApiOptions options)
{
    private const string FetchSite = "Sec-Fetch-Site";
    private readonly HostList? hosts = options.AllowedHosts;

    // Callers keep connections and send the same host each time.
    private volatile string lastServed = "";

    /// <summary>Throws <see cref="HttpProblem"/> for a refused request.</summary>
    public void Check(HttpRequest request)
    {
        CheckHost(request);
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsOptions(request.Method))
        {
            CheckOrigin(request);
        }
    }

    private void CheckHost(HttpRequest request)
    {
        var text = request.Headers.Host.ToString();
        if (hosts is null || text.Length == 0 || text == lastServed)
        {
            return;
        }

        var host = request.Host.Host;
        if (!hosts.Serves(host))
        {
            throw new HttpProblem(
                StatusCodes.Status403Forbidden,
                $"this server does not go by the name '{ErrorText.Quote(host)}': use its address, or start it with --allowed-hosts and the "
                    + "name");
        }

        lastServed = text;
    }

    /// <summary>As Go's <c>CrossOriginProtection</c>: by <c>Sec-Fetch-Site</c>, else <c>Origin</c> and <c>Host</c> have to agree.</summary>
    private void CheckOrigin(HttpRequest request)
    {
        var site = request.Headers[FetchSite].ToString();
        var origin = request.Headers.Origin.ToString();
        var isSame = site.Length > 0 ? site is "same-origin" or "none" : origin.Length == 0 || IsOwn(origin, request);
        if (!isSame && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && hosts?.Names(page.Host) == true))
        {
            throw new HttpProblem(
                StatusCodes.Status403Forbidden,
                $"a page of another origin ('{ErrorText.Quote(origin)}') may not change or call anything here: start the server with "
                    + "--allowed-hosts and the page's host to allow it");
        }
    }

    // Behind a proxy with TLS, a page is from https and the request is not; the other way round is never one of this server's.
    private static bool IsOwn(string origin, HttpRequest request) =>
        origin.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at
        && origin.AsSpan(at + 3).Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)
        && (!request.IsHttps || origin.AsSpan(0, at).Equals("https", StringComparison.OrdinalIgnoreCase));
}
