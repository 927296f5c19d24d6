using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class ModelRepository
{
    private void LogChanges(RepositorySnapshot old, RepositorySnapshot now)
    {
        // The first look is told in one line; what is wrong always has its own.
        var level = old.Sequence == 0 ? LogLevel.Debug : LogLevel.Information;
        foreach (var model in now.Models.Values.OrderBy(model => model.Name))
        {
            var before = old.Models.GetValueOrDefault(model.Name);
            if (!ReferenceEquals(before, model))
            {
                LogModel(before, model, level);
            }
        }

        foreach (var model in old.Models.Values.Where(model => !now.Models.ContainsKey(model.Name)).OrderBy(model => model.Name))
        {
            LogGone(model.Versions, [], level);
            LogModelRemoved(model.Name);
        }
    }

    private void LogModel(RepositoryModel? before, RepositoryModel model, LogLevel level)
    {
        if (model.Error is { } error && error != before?.Error)
        {
            LogModelUnavailable(model.Name, error);
        }

        if (!ReferenceEquals(before?.Manifest, model.Manifest))
        {
            foreach (var warning in model.Manifest.Warnings)
            {
                LogManifestWarning(model.Name, warning);
            }
        }

        var known = before?.Versions.ToDictionary(version => version.Id.Version) ?? [];
        foreach (var version in model.Versions)
        {
            known.Remove(version.Id.Version, out var former);
            if (!ReferenceEquals(former, version))
            {
                LogVersion(former, version, model.Error, level);
            }
        }

        LogGone(before?.Versions ?? [], model.Versions.Select(version => version.Id.Version).ToHashSet(), level);
    }

    private void LogVersion(RepositoryVersion? former, RepositoryVersion version, string? modelError, LogLevel level)
    {
        if (version.Error is { } error)
        {
            if (error != modelError)
            {
                LogVersionUnavailable(version.Id, error);
            }
        }
        else if (former is null)
        {
            LogVersionAppeared(level, version.Id, version.Stamp.FileBytes);
        }
        else
        {
            LogVersionChanged(level, version.Id, version.Stamp.FileBytes);
        }
    }

    private void LogGone(IEnumerable<RepositoryVersion> before, HashSet<ModelVersion> now, LogLevel level)
    {
        foreach (var version in before.Where(version => !now.Contains(version.Id.Version)))
        {
            LogVersionRemoved(level, version.Id);
        }
    }

    [LoggerMessage(EventId = 200, Level = LogLevel.Information, Message = "Found {Models} models with {Versions} versions in {Duration}")]
    private partial void LogFound(int models, int versions, TimeSpan duration);

    [LoggerMessage(EventId = 201, Message = "Version {Version} appeared, {Bytes} bytes")]
    private partial void LogVersionAppeared(LogLevel level, ModelId version, long bytes);

    [LoggerMessage(EventId = 202, Message = "Version {Version} changed, {Bytes} bytes now")]
    private partial void LogVersionChanged(LogLevel level, ModelId version, long bytes);

    [LoggerMessage(EventId = 203, Message = "Version {Version} is no longer served")]
    private partial void LogVersionRemoved(LogLevel level, ModelId version);

    [LoggerMessage(EventId = 204, Level = LogLevel.Information, Message = "Model {Model} was removed")]
    private partial void LogModelRemoved(ModelName model);

    [LoggerMessage(EventId = 205, Level = LogLevel.Warning, Message = "Version {Version} cannot be served: {Reason}")]
    private partial void LogVersionUnavailable(ModelId version, string reason);

    [LoggerMessage(EventId = 206, Level = LogLevel.Warning, Message = "Model {Model} cannot be served: {Reason}")]
    private partial void LogModelUnavailable(ModelName model, string reason);

    [LoggerMessage(EventId = 207, Level = LogLevel.Warning, Message = "Settings of model {Model}: {Warning}")]
    private partial void LogManifestWarning(ModelName model, string warning);

    [LoggerMessage(
        EventId = 208, Level = LogLevel.Error,
        Message = "The repository '{Root}' cannot be read and what was last seen of it stays in force: {Reason}")]
    private partial void LogRootLost(string root, string reason);

    [LoggerMessage(EventId = 209, Level = LogLevel.Information, Message = "The repository '{Root}' can be read again")]
    private partial void LogRootFound(string root);

    [LoggerMessage(EventId = 210, Level = LogLevel.Error, Message = "A look at the repository failed")]
    private partial void LogLookFailed(Exception exception);
}
