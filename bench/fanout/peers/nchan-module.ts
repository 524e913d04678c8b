/** Where Debian puts nginx' module nchan. */
export const NCHAN = '/usr/lib/nginx/modules/ngx_nchan_module.so';
