using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using Krewe.Access.Callers;
using Krewe.Access.Keys;
using Krewe.Access.Policies;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Krewe.Access.Requests;

/// <summary>
/// The framework's scheme for API keys: <c>x-api-key</c>, <c>api-key</c> or <c>Authorization: Bearer</c>, which gRPC sends as metadata. The
/// Dashboard takes a key as the password of HTTP Basic too, because browsers can send nothing else.
/// </summary>
internal sealed class KeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, KeyRing ring)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Keys";
    private const string Basic = "Basic ";
    private static readonly Task<AuthenticateResult> Nobody = Task.FromResult(AuthenticateResult.NoResult());
    private static readonly Task<AuthenticateResult> Unknown = Task.FromResult(AuthenticateResult.Fail("no valid API key"));

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var headers = Request.Headers;
        var hasKey = headers.ContainsKey("x-api-key") || headers.ContainsKey("api-key");
        var authorization = headers.Authorization.ToString();
        var caller = !hasKey && authorization.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)
            ? TakesPasswords ? FindByPassword(authorization) : null
            : DirectAdmission.Find(headers, ring);
        return caller is { IsValid: true } ? caller.Result
            : !hasKey && authorization.Length == 0 ? Nobody
            : Unknown;
    }

    private bool TakesPasswords => Context.GetEndpoint()?.Metadata.GetMetadata<RightMetadata>()?.Right == Right.OperateAll;

    private Caller? FindByPassword(string header)
    {
        var encoded = AuthenticationHeaderValue.TryParse(header, out var value) ? value.Parameter ?? "" : "";
        Span<byte> bytes = stackalloc byte[KeyHash.MaxKeyLength * 2];
        if (!Convert.TryFromBase64String(encoded, bytes, out var length))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(bytes[..length]);
        return ring.Find(text.AsSpan(text.IndexOf(':', StringComparison.Ordinal) + 1));
    }
}
