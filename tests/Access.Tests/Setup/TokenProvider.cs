using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Access.Tests.Setup;

/// <summary>A provider of tokens with OpenID Connect discovery, over HTTP on loopback.</summary>
internal sealed class TokenProvider : IAsyncDisposable
{
    public const string Audience = "krewe";
    private readonly WebApplication app;
    private readonly Dictionary<string, RSA> keys = [];
    private int readings;

    private TokenProvider(WebApplication app) => this.app = app;

    public string Issuer => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>How often the keys were read.</summary>
    public int Readings => Volatile.Read(ref readings);

    /// <summary>True to fail every request.</summary>
    public bool IsDown { get; set; }

    public static async Task<TokenProvider> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static server => server.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        var provider = new TokenProvider(builder.Build());
        provider.AddKey("one");
        provider.app.MapGet("/.well-known/openid-configuration", provider.AnswerAsync);
        provider.app.MapGet("/jwks", provider.AnswerAsync);
        await provider.app.StartAsync();
        return provider;
    }

    public void AddKey(string id) => keys[id] = RSA.Create(2048);

    public void RemoveKey(string id) => keys.Remove(id);

    public RSA Key(string id) => keys[id];

    /// <summary>The public keys, as a JSON Web Key Set.</summary>
    public JsonObject KeySet() => new()
    {
        ["keys"] = new JsonArray([.. keys.Select(static key => new JsonObject
        {
            ["kty"] = "RSA", ["use"] = "sig", ["kid"] = key.Key, ["alg"] = "RS256",
            ["n"] = Base64Url.EncodeToString(key.Value.ExportParameters(false).Modulus),
            ["e"] = Base64Url.EncodeToString(key.Value.ExportParameters(false).Exponent),
        })]),
    };

    /// <summary>The claims of a good token.</summary>
    public JsonObject Claims(DateTimeOffset now, string role = "caller", string models = "*", string tenant = "acme") => new()
    {
        ["iss"] = Issuer, ["aud"] = Audience, ["sub"] = "ann", ["iat"] = now.ToUnixTimeSeconds(), ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
        ["tenant"] = tenant, ["roles"] = new JsonArray(role), ["models"] = new JsonArray(models),
    };

    /// <summary>A token by one of the keys.</summary>
    public string Sign(JsonObject claims, string key = "one", string? keyId = null) => Sign(
        claims, new JsonObject { ["alg"] = "RS256", ["kid"] = keyId ?? key },
        text => keys[key].SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    /// <summary>A token with any header and signature.</summary>
    public static string Sign(JsonObject claims, JsonObject header, Func<byte[], byte[]> sign)
    {
        var text = $"{Part(header)}.{Part(claims)}";
        return $"{text}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        foreach (var key in keys.Values)
        {
            key.Dispose();
        }
    }

    private static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private Task AnswerAsync(HttpContext context)
    {
        if (IsDown)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return Task.CompletedTask;
        }

        if (context.Request.Path == "/jwks")
        {
            Interlocked.Increment(ref readings);
            return context.Response.WriteAsync(KeySet().ToJsonString());
        }

        return context.Response.WriteAsync(new JsonObject { ["issuer"] = Issuer, ["jwks_uri"] = Issuer + "/jwks" }.ToJsonString());
    }
}
