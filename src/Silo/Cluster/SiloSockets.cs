using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>What a silo listens with. Orleans stops no silo that has not started, and its sockets would listen on.</summary>
internal sealed class SiloSockets : IAsyncDisposable
{
    private readonly ConcurrentBag<IConnectionListener> _listeners = [];

    /// <param name="services">Those of the silo: what listens for it is kept here from now on.</param>
    public void Watch(IServiceCollection services)
    {
        foreach (var original in services
            .Where(s => s.ServiceType == typeof(IConnectionListenerFactory) && s.KeyedImplementationFactory is not null).ToList())
        {
            services.Remove(original);
            services.AddKeyedSingleton<IConnectionListenerFactory>(original.ServiceKey, (provider, key) => new Factory(
                (IConnectionListenerFactory)original.KeyedImplementationFactory!(provider, key), _listeners.Add));
        }
    }

    /// <summary>Closes what is still open.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners)
            await listener.DisposeAsync();
    }

    private sealed class Factory(IConnectionListenerFactory original, Action<IConnectionListener> keep) : IConnectionListenerFactory
    {
        public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            var listener = await original.BindAsync(endpoint, cancellationToken);
            keep(listener);
            return listener;
        }
    }
}
