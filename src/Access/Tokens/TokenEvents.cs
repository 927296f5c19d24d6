using Krewe.Abstractions.Errors;
using Krewe.Access.Callers;
using Krewe.Access.Keys;
using Krewe.Access.Settings;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Krewe.Access.Tokens;

/// <summary>What is ours in the framework's check of tokens: it is made once for each, and gives a <see cref="Caller"/>.</summary>
internal sealed class TokenEvents(AccessOptions options, TokenCallers callers, TimeProvider time) : JwtBearerEvents
{
    private const string Bearer = "Bearer ";
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Whether a request has a token, and not a key.</summary>
    public static bool HasToken(HttpRequest request) =>
        !request.Headers.ContainsKey("x-api-key") && !request.Headers.ContainsKey("api-key") && IsToken(Read(request));

    public override async Task MessageReceived(MessageReceivedContext context)
    {
        var token = Read(context.Request).ToString();
        if (callers.Find(KeyHash.OfText(token)) is { } caller)
        {
            context.Principal = caller;
            context.Success();
        }
        else if (IsToken(token)
            && !await ((SigningKeys)context.Options.ConfigurationManager!).EnsureAsync(KeyIdOf(token), context.HttpContext.RequestAborted))
        {
            context.Fail(new KreweException(
                KreweErrorCode.Unavailable, "the provider of tokens cannot be reached to check this one: try again later")
            {
                RetryAfter = RetryAfter,
            });
        }
    }

    public override Task TokenValidated(TokenValidatedContext context)
    {
        var token = (JsonWebToken)context.SecurityToken;
        try
        {
            // Removed since it was checked.
            var key = ((SigningKeys)context.Options.ConfigurationManager!).Find(token.SigningKey)
                ?? throw new ClaimException("its key is no longer one of the provider's");
            var caller = new TokenReader(options.Tokens.Claims).ToCaller(token, key, time);
            callers.Add(KeyHash.OfText(Read(context.Request)), caller);
            context.Principal = caller;
        }
        catch (ClaimException error)
        {
            context.Fail(error);
        }

        return Task.CompletedTask;
    }

    private static ReadOnlySpan<char> Read(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header.AsSpan(Bearer.Length).Trim() : [];
    }

    /// <summary>Three parts, the first of which is a JSON object.</summary>
    private static bool IsToken(ReadOnlySpan<char> text) => text.StartsWith("ey", StringComparison.Ordinal) && text.Count('.') == 2;

    private static string? KeyIdOf(string token)
    {
        try
        {
            return new JsonWebToken(token).Kid is { Length: > 0 } id ? id : null;
        }
        catch (ArgumentException)
        {
            // The check says what is wrong with it.
            return null;
        }
    }
}
