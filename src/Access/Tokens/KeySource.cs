using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Krewe.Access.Tokens;

/// <summary>Where the keys of a provider are read.</summary>
/// <param name="Name">What it is, for messages.</param>
/// <param name="Interval">How often it is read without a reason.</param>
/// <param name="ReadAsync">Reads the issuer, if it is told there, and the keys.</param>
internal sealed record KeySource(
    string Name, TimeSpan Interval, Func<CancellationToken, Task<(string? Issuer, IEnumerable<JsonWebKey> Keys)>> ReadAsync)
{
    private static readonly TimeSpan ProviderInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FileInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>A provider with OpenID Connect discovery.</summary>
    public static KeySource Provider(string address, HttpClient client, bool requiresHttps)
    {
        var documents = new HttpDocumentRetriever(client) { RequireHttps = requiresHttps, SendAdditionalHeaderData = false };
        return new KeySource(address, ProviderInterval, async cancellationToken =>
        {
            var read = await OpenIdConnectConfigurationRetriever.GetAsync(address, documents, cancellationToken);
            return (read.Issuer, read.JsonWebKeySet?.Keys ?? []);
        });
    }

    /// <summary>A file with a JSON Web Key Set.</summary>
    public static KeySource File(string path) => new(path, FileInterval, async cancellationToken =>
        (null, new JsonWebKeySet(await System.IO.File.ReadAllTextAsync(path, cancellationToken)).Keys));
}
