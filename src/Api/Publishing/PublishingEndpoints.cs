using Krewe.Abstractions;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api;

/// <summary>
/// Versions put into the repository and taken out. The routes are there on every server; one where nothing can be published says so.
/// </summary>
internal sealed class PublishingEndpoints(IModelPublisher? publisher, ApiOptions options, PublishTurns turns)
{
    private static readonly string Pattern = RepositoryEndpoints.Patterns[1];

    public void Map(RouteTable routes)
    {
        routes.Put(Pattern, PublishAsync);
        routes.Delete(Pattern, DeleteAsync);
    }

    private async Task PublishAsync(HttpContext context)
    {
        var port = Publisher();
        var version = ReadVersion(context);
        var request = PublishParameters.Read(context.Request, options.Limits.MaxPublishBytes);
        using var turn = await turns.EnterAsync(context.RequestAborted);
        await using var body = PublishBody.Of(context, options.Limits.MaxPublishBytes);
        var published = await port.PublishAsync(version, body, request, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context, published.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK, published, PublishedVersionJson.Write);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var port = Publisher();
        var version = ReadVersion(context);
        PublishParameters.CheckNone(context.Request);
        await port.DeleteAsync(version, context.RequestAborted);
        context.Response.ContentLength = 0;
    }

    private static ModelId ReadVersion(HttpContext context)
    {
        var model = RouteModel.Read(context);
        return model.Version.Number is { } number
            ? new ModelId(model.Name, number)
            : throw KreweException.InvalidInput($"'{model.Version}' is an alias: a version is published and deleted by its number");
    }

    private IModelPublisher Publisher() => options.Publishing && publisher is not null
        ? publisher
        : throw new HttpProblem(StatusCodes.Status403Forbidden, "nothing can be published or deleted here: this server was started with publishing off");
}
