using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Http;

/// <summary>
/// The headers of pages: only their own scripts run, nothing comes from elsewhere, and no other page frames them. Styles may be inline.
/// </summary>
public static class PageHeaders
{
    private const string Policy =
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; script-src 'self'";

    /// <summary>A content security policy that allows the page's own files and these inline scripts.</summary>
    public static string PolicyOf(params IEnumerable<string> inlineScripts) => inlineScripts.Aggregate(
        Policy, static (policy, script) => $"{policy} 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'");

    /// <summary>Sets the headers of a page, or of a file of it.</summary>
    public static void Set(HttpResponse response, string policy)
    {
        response.Headers.ContentSecurityPolicy = policy;
        response.Headers.XFrameOptions = "DENY";
        response.Headers["Referrer-Policy"] = "no-referrer";
        DenySniffing(response);
    }

    /// <summary>Keeps browsers from taking an answer for something else than its content type says.</summary>
    public static void DenySniffing(HttpResponse response) => response.Headers.XContentTypeOptions = "nosniff";
}
