using Krewe.Access.Settings;
using Krewe.Access.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Krewe.Access.Requests;

/// <summary>The ways in which callers prove who they are, as schemes of the framework; with two, what a request has decides.</summary>
internal static class Schemes
{
    private const string Either = "Either";

    public static void AddSchemes(this IServiceCollection services, AccessOptions options)
    {
        var schemes = services.AddAuthentication(
            options is { Keys: true, Jwt: true } ? Either : options.Jwt ? TokenRules.Scheme : KeyAuthentication.SchemeName);
        if (options.Keys)
        {
            schemes.AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(KeyAuthentication.SchemeName, null);
        }

        if (options.Jwt)
        {
            services.AddSingleton<IAuthenticationConfigurationProvider>(new Configuration(options.Tokens));
            schemes.AddJwtBearer();
            services.AddSingleton<IPostConfigureOptions<JwtBearerOptions>, TokenRules>();
            services.AddSingleton<TokenCallers>();
            services.AddSingleton<TokenEvents>();
            services.AddHostedService<TokenWatch>();
        }

        if (options is { Keys: true, Jwt: true })
        {
            schemes.AddPolicyScheme(Either, null, static either => either.ForwardDefaultSelector =
                static context => TokenEvents.HasToken(context.Request) ? TokenRules.Scheme : KeyAuthentication.SchemeName);
        }
    }

    /// <summary>The framework's settings, from ours.</summary>
    private sealed class Configuration(TokenOptions options) : IAuthenticationConfigurationProvider
    {
        public IConfiguration AuthenticationConfiguration { get; } =
            new ConfigurationBuilder().AddInMemoryCollection(options.Framework).Build().GetSection("Authentication");
    }
}
