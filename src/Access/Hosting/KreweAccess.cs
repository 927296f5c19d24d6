using Krewe.Abstractions.Cluster;
using Krewe.Abstractions.Hosting;
using Krewe.Access.Auditing;
using Krewe.Access.Endpoints;
using Krewe.Access.Keys;
using Krewe.Access.Limits;
using Krewe.Access.Limits.Leases;
using Krewe.Access.Limits.Requests;
using Krewe.Access.Policies;
using Krewe.Access.Requests;
using Krewe.Access.Scopes;
using Krewe.Access.Settings;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Access.Hosting;

/// <summary>Adds authentication and rights to a program's endpoints, by the framework's own services.</summary>
public static class KreweAccess
{
    /// <summary>
    /// Registers the services; after those of the models, whose ports it narrows to what a caller knows of. Does nothing where callers are
    /// not authenticated. The silo needs a grain storage named <c>krewe</c>.
    /// </summary>
    public static IServiceCollection AddKreweAccess(this IServiceCollection services, AccessOptions options)
    {
        services.AddSingleton(options);
        if (!options.IsOn)
        {
            return services;
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<LimitTable>();
        services.AddHostedService<LimitWatch>();
        services.AddSingleton<KeyRing>();

        // Without keys too: the limits of tenants are beside them.
        services.AddSingleton<KeyWatch>();
        services.AddHostedService(static provider => provider.GetRequiredService<KeyWatch>());
        services.AddSingleton<TenantEndpoints>();
        if (options.Keys)
        {
            services.AddSingleton<KeyEndpoints>();
        }

        services.AddSchemes(options);
        services.AddSingleton<AuditLog>();
        services.AddHostedService(static provider => provider.GetRequiredService<AuditLog>());
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<AuditEndpoint>();

        // An endpoint without a policy is refused to everybody.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAssertion(static _ => false).Build());
        services.AddSingleton<IAuthorizationHandler, RightHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, Refusals>();
        services.AddHttpContextAccessor();
        services.AddSingleton<CallerScope>();
        Narrow<IModelHost>(services, static (inner, scope) => new ScopedModelHost(inner, scope));
        Narrow<IClusterControl>(services, static (inner, scope) => new ScopedClusterControl(inner, scope));
        return services;
    }

    /// <summary>Adds the middleware: after what makes errors of answers, before the endpoints.</summary>
    public static WebApplication UseKreweAccess(this WebApplication app)
    {
        if (app.Services.GetRequiredService<AccessOptions>().IsOn)
        {
            var (ring, limits) = (app.Services.GetRequiredService<KeyRing>(), app.Services.GetRequiredService<LimitTable>());
            RequestDelegate? direct = null;
            if (app.Services.GetRequiredService<AccessOptions>().Keys)
            {
                app.Use(next => context => DirectAdmission.TryAdmit(context, ring) ? direct!(context) : next(context));
            }

            app.UseAuthentication();
            app.UseMiddleware<LimitedRequests>();
            app.UseAuthorization();

            // Pipelines are built from their end: this is set before the first step is made.
            app.Use(next =>
            {
                direct = new LimitedRequests(next, limits).InvokeAsync;
                return next;
            });
            app.UseMiddleware<ChangeAudit>();
            app.UseMiddleware<ScopedAnswers>();
        }

        return app;
    }

    /// <summary>
    /// Gives endpoints their rights of <see cref="PolicyTable"/>, which throws for one that has none. Does nothing where callers are not
    /// authenticated.
    /// </summary>
    public static TBuilder RequireRights<TBuilder>(this TBuilder endpoints, IServiceProvider services)
        where TBuilder : IEndpointConventionBuilder
    {
        if (services.GetRequiredService<AccessOptions>().IsOn)
        {
            endpoints.Finally(static endpoint => Apply(endpoint));
        }

        return endpoints;
    }

    /// <summary>Maps the endpoints of keys, where callers are authenticated by them, and of the audit log.</summary>
    public static WebApplication MapKreweAccess(this WebApplication app)
    {
        if (app.Services.GetRequiredService<AccessOptions>().IsOn)
        {
            var group = app.MapGroup("");
            app.Services.GetService<KeyEndpoints>()?.Map(group);
            app.Services.GetRequiredService<TenantEndpoints>().Map(group);
            app.Services.GetRequiredService<AuditEndpoint>().Map(group);
            group.RequireRights(app.Services);
        }

        return app;
    }

    private static void Apply(EndpointBuilder endpoint)
    {
        var route = (RouteEndpointBuilder)endpoint;
        var method = route.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault()?.HttpMethods[0] ?? HttpMethods.Get;
        var right = PolicyTable.Find(method, route.RoutePattern.RawText ?? "");
        var requirement = new RightRequirement(right);
        route.Metadata.Add(new RightMetadata(right, PolicyTable.IsChange(method, right)));
        route.Metadata.Add(requirement);
        if (PolicyTable.IsStreamOfRequests(route.RoutePattern.RawText ?? ""))
        {
            route.Metadata.Add(StreamedRequests.Instance);
        }

        route.Metadata.Add(right == Right.Public
            ? new AllowAnonymousAttribute()
            : new AuthorizationPolicyBuilder().AddRequirements(requirement).Build());
    }

    /// <summary>Puts a narrower implementation of a port before the registered one, if there is any.</summary>
    private static void Narrow<T>(IServiceCollection services, Func<T, CallerScope, T> narrow)
        where T : class
    {
        if (services.LastOrDefault(static service => service.ServiceType == typeof(T)) is { } registered)
        {
            services.Remove(registered);
            services.AddSingleton(provider => narrow(
                (T)(registered.ImplementationInstance ?? registered.ImplementationFactory?.Invoke(provider)
                    ?? ActivatorUtilities.CreateInstance(provider, registered.ImplementationType!)),
                provider.GetRequiredService<CallerScope>()));
        }
    }
}
