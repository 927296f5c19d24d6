using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Http;

/// <summary>The model that a request's path names.</summary>
internal static class RouteModel
{
    /// <summary>A model, and one version of it, in paths of the protocol.</summary>
    public static readonly string[] Patterns = ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"];

    private const string Name = "model";
    private const string Version = "version";

    /// <summary>Reads name and version; what is no name throws <see cref="KreweException"/>.</summary>
    public static ModelReference Read(HttpContext context) => ModelReference.Parse(Text(context, Name), Text(context, Version));

    /// <summary>The model as the caller wrote it, for logs; empty on a path that names none.</summary>
    public static string Describe(HttpContext context)
    {
        var (name, version) = (Text(context, Name), Text(context, Version));
        return version is null ? ErrorText.Quote(name) : $"{ErrorText.Quote(name)}/{ErrorText.Quote(version)}";
    }

    private static string? Text(HttpContext context, string key) =>
        context.Request.RouteValues.TryGetValue(key, out var value) ? value as string : null;
}
