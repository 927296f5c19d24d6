using System.Diagnostics.Metrics;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Building;
using Krewe.Processes;
using Krewe.Serving.Admission;
using Krewe.Serving.Hosting;
using Krewe.Serving.Node;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Krewe.Serving.Tests.Hosting;

/// <summary>A folder of models and the host that serves it; an unexpected error in the log fails the test at the end.</summary>
internal sealed class ServingFixture : IAsyncDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("krewe-serving-").FullName;
    private ServiceProvider? services;

    public FakeLogCollector Log { get; } = new();

    public Measured Measured { get; } = new();

    public IModelHost Host => Services.GetRequiredService<IModelHost>();

    private ServiceProvider Services => services ?? throw new InvalidOperationException("not started");

    public IServingNode Node => Services.GetRequiredService<IServingNode>();

    /// <summary>Asked before every load where it is set before the start.</summary>
    public ILoadGate? LoadGate { get; init; }

    /// <summary>How an error begins that the test wants logged; null for none.</summary>
    public string? ExpectedError { get; init; }

    /// <summary>Puts other parts in the place of those that serving has.</summary>
    public Action<IServiceCollection> Replace { get; init; } = static _ => { };

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    public string PathOf(string model, long version, string file = "model.onnx") => Path.Combine(root, model, $"{version}", file);

    public void Add(string model, long version, ModelBuilder builder, string? settings = null)
    {
        Write(PathOf(model, version), builder.ToBytes());
        if (settings is not null)
        {
            File.WriteAllText(Path.Combine(root, model, "model.json"), settings);
        }
    }

    public void Add(string model, long version, byte[] content) => Write(PathOf(model, version), content);

    public void Remove(string model, long version) => Directory.Delete(Path.Combine(root, model, $"{version}"), recursive: true);

    public async Task StartAsync(Action<ServingOptions>? configure = null)
    {
        var collection = new ServiceCollection();
        if (LoadGate is { } gate)
        {
            collection.AddSingleton(gate);
        }

        collection
            .AddSingleton<IMeterFactory>(Measured)
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(Log)))
            .AddKreweServing(options =>
            {
                options.Repository.Root = root;
                options.Repository.PollInterval = TimeSpan.FromMilliseconds(20);
                options.Repository.SettleTime = TimeSpan.Zero;
                configure?.Invoke(options);
            });
        Replace(collection);
        services = collection.BuildServiceProvider();
        foreach (var service in services.GetServices<IHostedService>())
        {
            await service.StartAsync(TestContext.Current.CancellationToken);
        }
    }

    public Task<InferenceResponse> InferAsync(string model, params Tensor[] inputs) => InferAsync(model, null, inputs);

    public async Task<InferenceResponse> InferAsync(string model, long? version, params Tensor[] inputs)
    {
        using var request = new InferenceRequest { Model = ModelReference.Parse(model, $"{version}"), Inputs = inputs };
        return await Host.InferAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until a condition holds that nothing signals.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    public async Task StopAsync()
    {
        foreach (var service in Services.GetServices<IHostedService>())
        {
            await service.StopAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (services is not null)
        {
            await StopAsync();
            await services.DisposeAsync();
            Measured.Dispose();
        }

        Directory.Delete(root, recursive: true);
        Assert.DoesNotContain(Log.Errors, line => ExpectedError is not { } expected || !line.StartsWith(expected, StringComparison.Ordinal));
    }

    private static void Write(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path + ".new", content);
        File.Move(path + ".new", path, overwrite: true);
    }
}
