using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Serving.Admission;
using Krewe.Serving.Batching;
using Krewe.Serving.Crashes;
using Krewe.Serving.Execution;
using Krewe.Serving.Isolation;
using Krewe.Serving.Loading;
using Krewe.Serving.Memory;
using Krewe.Serving.Node;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Publishing;
using Krewe.Serving.Repository;
using Krewe.Serving.Statistics;
using Krewe.Serving.Versions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Hosting;

/// <summary>Registers model serving with a host.</summary>
public static class ServingServiceCollectionExtensions
{
    /// <summary>
    /// Registers an <see cref="IModelHost"/> that serves a repository from this process, its <see cref="IServingNode"/> for a cluster, and
    /// the service that starts and stops both. A registered <see cref="ILoadGate"/> is asked before every load. Invalid options throw
    /// <see cref="KreweException"/> naming all errors.
    /// </summary>
    public static IServiceCollection AddKreweServing(this IServiceCollection services, Action<ServingOptions> configure)
    {
        var options = new ServingOptions();
        configure(options);
        return services.AddKreweServing(options);
    }

    /// <inheritdoc cref="AddKreweServing(IServiceCollection, Action{ServingOptions})"/>
    public static IServiceCollection AddKreweServing(this IServiceCollection services, ServingOptions options)
    {
        if (options.FindErrors().ToArray() is { Length: > 0 } errors)
        {
            throw KreweException.InvalidInput(string.Join("; ", errors));
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(options.Repository);
        services.AddSingleton(_ => ProcessMemory.Create());
        services.AddSingleton(provider => CreateProviders(provider, options));
        services.AddSingleton<ModelRepository>();
        services.AddSingleton<ServingCounters>();
        services.AddSingleton<LoadMeter>();
        services.AddSingleton<RunWatch>();
        services.AddSingleton<FlightRecorder>();
        services.AddSingleton<ProcessEnds>();
        services.AddSingleton<StuckWork>();
        services.AddSingleton(provider => new Workers(
            options, provider.GetService<ILoadGate>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Workers>>()));
        services.AddSingleton<SessionLoader>();
        services.AddSingleton<BudgetedLoader>();
        services.AddSingleton<SessionRegister>();
        services.AddSingleton(
            provider => new LoadAdmission(provider.GetService<ILoadGate>(), provider.GetRequiredService<ILogger<LoadAdmission>>()));
        services.AddSingleton<CompletionDispatcher>();
        services.AddSingleton<BackgroundThread>();
        services.AddSingleton(provider => new LoadThreads(options.LoadThreads, provider.GetRequiredService<CompletionDispatcher>()));
        services.AddSingleton(provider => new RunnerThreads(
            options.RunnerThreads, options.ExtraRunnerThreads, provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RunnerThreads>>()));
        services.AddSingleton(CreateBudget);
        services.AddSingleton<LoadFailures>();
        services.AddSingleton<VersionLoader>();
        services.AddSingleton<ServedModels>();
        services.AddSingleton<VersionCalls>();
        services.AddSingleton<VersionDescriptions>();
        services.AddSingleton<LocalModelHost>();
        services.AddSingleton<IModelHost>(provider => provider.GetRequiredService<LocalModelHost>());
        // In a cluster, IModelHost is another implementation, which uses this node.
        services.AddSingleton<IServingNode, ServingNode>();
        services.AddHostedService<ServingMetrics>();
        services.AddHostedService<ServingService>();
        services.AddLocalPublishing();
        return services;
    }

    private static ExecutionProviders CreateProviders(IServiceProvider provider, ServingOptions options)
    {
        OnnxRuntimeEnvironment.EnsureStarted(
            options.IntraOpThreads, provider.GetRequiredService<ILoggerFactory>().CreateLogger("Krewe.OnnxRuntime"));
        return new ExecutionProviders(options.Devices, provider.GetRequiredService<ILogger<ExecutionProviders>>());
    }

    private static MemoryBudget CreateBudget(IServiceProvider provider)
    {
        // Creates the ONNX Runtime environment first: its own memory belongs to the process, not to the sessions.
        _ = provider.GetRequiredService<ExecutionProviders>();
        var options = provider.GetRequiredService<ServingOptions>();
        return new MemoryBudget(
            options.EffectiveMemoryBudgetBytes, provider.GetRequiredService<ProcessMemory>(),
            provider.GetRequiredService<ServingCounters>(),
            provider.GetRequiredService<CompletionDispatcher>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<MemoryBudget>>());
    }
}
