using System.Globalization;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Endpoints;

/// <summary>
/// Pages of lists of models: <c>limit</c> is the number of models, <c>after</c> the last name of the page before. A response that is not
/// the last has the next page's address in <c>Link</c> (RFC 8288).
/// </summary>
internal static class ListPage
{
    /// <summary>The models of a page, and of a response to a request without <c>limit</c>.</summary>
    public const int MaxModels = 10_000;

    /// <summary>The page that the request asks for, of versions ordered by name.</summary>
    public static IReadOnlyList<ModelVersionStatus> Take(HttpContext context, IReadOnlyList<ModelVersionStatus> versions)
    {
        var limit = ReadLimit(context.Request.Query["limit"]);
        var start = ReadAfter(context.Request.Query["after"]) is { } after ? FirstAfter(versions, after) : 0;
        var end = start;
        for (var models = 0; end < versions.Count; end++)
        {
            if ((end == start || versions[end].Name != versions[end - 1].Name) && ++models > limit)
            {
                context.Response.Headers.Link =
                    $"<{context.Request.Path.ToUriComponent()}?limit={limit}&after={versions[end - 1].Name}>; rel=\"next\"";
                break;
            }
        }

        return start == 0 && end == versions.Count ? versions : [.. versions.Skip(start).Take(end - start)];
    }

    private static int FirstAfter(IReadOnlyList<ModelVersionStatus> versions, ModelName after)
    {
        var start = 0;
        while (start < versions.Count && versions[start].Name.CompareTo(after) <= 0)
        {
            start++;
        }

        return start;
    }

    private static int ReadLimit(string? text) => text is null ? MaxModels
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= MaxModels ? limit
        : throw KreweException.InvalidInput(
            $"query parameter 'limit' is '{ErrorText.Quote(text)}': expected the number of models of a page, 1 to {MaxModels}");

    private static ModelName? ReadAfter(string? text) => text is null ? null
        : ModelName.TryParse(text, out var name) ? name
        : throw KreweException.InvalidInput(
            $"query parameter 'after' is '{ErrorText.Quote(text)}': expected a model's name, the last of the page before");
}
