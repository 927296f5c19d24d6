using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Http;

/// <summary>The model in a request's path.</summary>
internal static class RouteModel
{
    /// <summary>The paths of a model and of one version of it.</summary>
    public static readonly string[] Patterns = ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"];

    private const string Name = "model";
    private const string Version = "version";

    /// <summary>Parses name and version; invalid ones throw <see cref="KreweException"/>.</summary>
    public static ModelReference Read(HttpContext context) => ModelReference.Parse(Text(context, Name), Text(context, Version));

    /// <summary>The model as written by the caller, for logs; empty if the path has none.</summary>
    public static string Describe(HttpContext context)
    {
        var (name, version) = (Text(context, Name), Text(context, Version));
        return version is null ? ErrorText.Quote(name) : $"{ErrorText.Quote(name)}/{ErrorText.Quote(version)}";
    }

    private static string? Text(HttpContext context, string key) =>
        context.Request.RouteValues.TryGetValue(key, out var value) ? value as string : null;
}
