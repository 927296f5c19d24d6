using System.Text;
using System.Text.RegularExpressions;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Access.Callers;
using Microsoft.AspNetCore.Http;

namespace Krewe.Access.Scopes;

/// <summary>
/// Leaves other models out of what is answered by no port of ours: the metrics, and suggestions in errors about unknown models. Requests of
/// callers who know of everything pass it by.
/// </summary>
internal sealed partial class ScopedAnswers(RequestDelegate next)
{
    private const string Metrics = "/metrics";

    public Task InvokeAsync(HttpContext context) =>
        context.User is not Caller caller || caller.Models.IsEverything ? next(context)
        : context.Request.Path.Equals(Metrics, StringComparison.OrdinalIgnoreCase) ? WriteMetricsAsync(context, caller)
        : HideNamesAsync(context);

    private async Task HideNamesAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (KreweException error) when (error.Code == KreweErrorCode.ModelNotFound
            && ModelName.TryParse(context.Request.RouteValues["model"] as string, out _))
        {
            throw UnknownModel.Error(ModelName.Parse(context.Request.RouteValues["model"] as string));
        }
    }

    private async Task WriteMetricsAsync(HttpContext context, Caller caller)
    {
        var (response, body) = (context.Response, context.Response.Body);
        using var all = new MemoryStream();
        response.Body = all;
        try
        {
            await next(context);
        }
        finally
        {
            response.Body = body;
        }

        var text = Encoding.UTF8.GetString(all.GetBuffer(), 0, (int)all.Length);
        await response.WriteAsync(Keep(text, caller), context.RequestAborted);
    }

    /// <summary>The series without those of models that the caller does not know of.</summary>
    internal static string Keep(string text, Caller caller) => string.Join(
        '\n', text.Split('\n').Where(line => !(ModelLabel.Match(line) is { Success: true } label && !caller.Sees(label.Groups[1].Value))));

    [GeneratedRegex("""[{,]model="([^"]*)["]""")]
    private static partial Regex ModelLabel { get; }
}
