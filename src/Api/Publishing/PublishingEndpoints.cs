using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Api.Endpoints;
using Krewe.Api.Errors;
using Krewe.Api.Http;
using Krewe.Api.Rollouts;
using Krewe.Api.Settings;
using Krewe.Rollouts.Control;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Publishing;

/// <summary>
/// Publishes and deletes versions. The routes exist on every server; one without publishing answers 403 with the reason.
/// </summary>
internal sealed class PublishingEndpoints(
    IModelPublisher? publisher, TrafficCalls traffic, ApiOptions options, PublishLimiter limiter, TimeProvider time)
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
        var plan = PublishParameters.ReadRollout(context.Request, version.Version);
        var isWanted = PublishParameters.ReadIfBusy(context.Request);
        if (plan is not null && !isWanted)
        {
            await RefuseWhileBusyAsync(version, context.RequestAborted);
        }

        await using var body = PublishBody.Of(context, options.Limits.MaxPublishBytes, limiter, time);
        var published = await port.PublishAsync(version, body, request, context.RequestAborted);
        var rollout = plan is null ? null : await StartAsync(context, version.Name, plan, published.IsNew, isWanted);
        await JsonAnswer.WriteAsync(
            context, published.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK, new PublishAnswer(published, rollout),
            PublishedVersionJson.Write);
    }

    /// <summary>Rejects before anything is published: a pipeline that expects a rollout must not continue without one.</summary>
    private async Task RefuseWhileBusyAsync(ModelId version, CancellationToken cancellationToken)
    {
        RolloutStatus? last;
        try
        {
            last = await traffic.Control.GetRolloutAsync(version.Name, cancellationToken);
        }
        catch (KreweException error) when (error.Code == KreweErrorCode.ModelNotFound)
        {
            return;
        }

        if (last?.Rollout is { } rollout && rollout.Phase.IsUnderWay() && rollout.Plan.Version != version.Version)
        {
            throw KreweException.Conflict(
                $"nothing was published: {RolloutWords.Name(rollout)} is under way. Promote or abort it first, or publish with "
                    + "if-busy=publish, "
                + "which starts no rollout");
        }
    }

    /// <summary>
    /// Starts the rollout. A conflict is an error, unless the version serves already, was published before, or the caller accepts it.
    /// </summary>
    private async Task<RolloutStart> StartAsync(HttpContext context, ModelName model, RolloutPlan plan, bool isNew, bool isWanted)
    {
        if (!isNew)
        {
            return new RolloutStart(null, "the version already exists");
        }

        try
        {
            var status = await traffic.Control.StartRolloutAsync(model, plan, traffic.Author(context, null), context.RequestAborted);
            return new RolloutStart(status.Rollout.Id, "");
        }
        catch (KreweException error) when (error.Code == KreweErrorCode.Conflict)
        {
            return isWanted || await ServesAsync(model, plan.Version, context.RequestAborted)
                ? new RolloutStart(null, error.Message)
                : throw KreweException.Conflict($"version {plan.Version} is published, but its rollout did not start: {error.Message}");
        }
    }

    private async Task<bool> ServesAsync(ModelName model, ModelVersion version, CancellationToken cancellationToken)
    {
        var aliases = await traffic.Control.GetAliasesAsync(model, cancellationToken);
        return aliases.Any(alias => alias.Alias == ModelTraffic.Prod && alias.Version == version);
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
            : throw KreweException.InvalidInput(
                $"'{model.Version}' is not a version number: versions are published and deleted by number, a positive integer such as 1");
    }

    private IModelPublisher Publisher() => options.Publishing && publisher is not null
        ? publisher
        : throw new HttpProblem(
            StatusCodes.Status403Forbidden, "publishing and deleting are disabled: this server was started with publishing off");
}
