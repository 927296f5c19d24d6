using Orleans.Concurrency;
using Orleans.Placement;

namespace Krewe.MemberProcess;

/// <summary>The grain of the tests; placed at random, so that all silos get some.</summary>
[RandomPlacement, Reentrant]
internal sealed class NoteGrain([PersistentState("note", "krewe")] IPersistentState<NoteState> state, ILocalSiloDetails silo, TimeProvider time)
    : Grain, INoteGrain
{
    public Task<string> WhereAsync() => Task.FromResult(silo.Name);

    public Task LingerAsync(TimeSpan wait) => Task.Delay(wait, time);

    public Task WriteAsync(string text)
    {
        state.State.Text = text;
        return state.WriteStateAsync();
    }

    public async Task<string> ReadAsync()
    {
        await state.ReadStateAsync();
        return state.State.Text;
    }

    public Task ClearAsync() => state.ClearStateAsync();
}
