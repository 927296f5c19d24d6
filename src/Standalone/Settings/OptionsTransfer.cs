using Krewe.Launch;
using Krewe.Serving;

namespace Krewe.Standalone;

/// <summary>Hands what was set to the part that serves; what was not set keeps their defaults.</summary>
internal static class OptionsTransfer
{
    public static void CopyTo(this IModelOptions options, ServingOptions serving)
    {
        serving.Repository.Root = options.Models;
        serving.Repository.PollInterval = options.PollInterval ?? serving.Repository.PollInterval;
        serving.MemoryBudgetBytes = options.MemoryBudgetBytes ?? serving.MemoryBudgetBytes;
        serving.IdleTime = options.IdleTime ?? serving.IdleTime;
        serving.RunnerThreads = options.Runners ?? serving.RunnerThreads;
        serving.LoadThreads = options.LoadThreads ?? serving.LoadThreads;
        serving.IntraOpThreads = options.IntraOpThreads ?? serving.IntraOpThreads;
    }
}
